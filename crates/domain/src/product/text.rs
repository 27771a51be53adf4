crate::text::texts! {
    /// What a product is called: 1 to 200 characters, trimmed.
    ProductName("Name", 1..=200);
    /// What is said of a product: at most 5,000 characters, trimmed; empty by default.
    #[derive(Default)]
    Description("Description", 0..=5_000);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::assert_bounds;

    #[test]
    fn texts_keep_their_bounds() {
        assert_bounds::<ProductName>("Name", 1, 200);
        assert_bounds::<Description>("Description", 0, 5_000);
        assert_eq!(" ".parse(), Ok(Description::default()));
    }
}
