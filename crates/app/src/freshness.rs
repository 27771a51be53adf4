/// How fresh a thing must be that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// As a reader has it, which may keep it in memory for a moment.
    Recent,
    /// As the repository has it now.
    Present,
}
