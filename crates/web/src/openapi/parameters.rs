//! What several operations take beside their bodies.

use hexpress_domain::order;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema};

use super::types::{Id, text};

/// The `{id}` of a path.
pub(crate) struct PathId;

impl IntoParams for PathId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path("id", Id::schema())]
    }
}

/// For writes that depend on what the client saw.
pub(crate) struct IfMatch;

impl IfMatch {
    pub(super) const NAME: &str = "If-Match";
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            if_match(
                "`*`, or entity tags of any answer that showed the thing: writes only if it has \
                 not changed since",
            ),
            header(
                IfNoneMatch::NAME,
                "`*`, or entity tags of any answer that showed the thing: writes only if it is \
                 none of those any more",
                text(),
            ),
        ]
    }
}

/// For reads that the client may have the answer of already.
pub(crate) struct IfNoneMatch;

impl IfNoneMatch {
    pub(super) const NAME: &str = "If-None-Match";
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "`*`, or entity tags of earlier answers: 304 if one is the present one";
        vec![
            header(Self::NAME, description, text()),
            if_match(
                "`*`, or entity tags of any answer that showed the thing: 412 if it has changed since",
            ),
        ]
    }
}

fn if_match(description: &str) -> Parameter {
    let tags = text().pattern(Some(r#"^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$"#));
    header(IfMatch::NAME, description, tags)
}

/// What the client calls its wish.
pub(crate) struct IdempotencyKey;

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "A name of the client's own for what it wants, so that asking again has no \
                    second effect: the same request is answered as it was the first time";
        let most = order::IdempotencyKey::MAX_LENGTH;
        let key = text().pattern(Some(format!("^[!-~]{{1,{most}}}$")));
        vec![header("Idempotency-Key", description, key)]
    }
}

pub(crate) fn path(name: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

fn header(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
