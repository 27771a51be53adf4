pub mod login_guard;
pub mod token;
