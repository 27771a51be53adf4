use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

/// A time as clients see it: RFC 3339 in UTC, with three decimals and `Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp(pub(crate) DateTime<Utc>);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl ToSchema for Timestamp {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("In UTC, with exactly three decimals"))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"))
            .examples(["2026-11-22T10:22:33.123Z"])
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_exactly_three_decimals() {
        for (milliseconds, shown) in [
            (0, r#""1970-01-01T00:00:00.000Z""#),
            (1_700_000_000_120, r#""2023-11-14T22:13:20.120Z""#),
        ] {
            let time = DateTime::from_timestamp_millis(milliseconds).map(Timestamp);
            assert_eq!(serde_json::to_string(&time).ok().as_deref(), Some(shown));
        }
    }
}
