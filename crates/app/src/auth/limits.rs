/// How many unexpired API tokens a user may have.
pub const MAX_API_TOKENS: u32 = 50;
