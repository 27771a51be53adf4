use hexpress_domain::post;
use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{NOT_BLANK, integer, one_of, text};

pub(crate) struct Title;

impl ToSchema for Title {}

impl PartialSchema for Title {
    fn schema() -> RefOr<Schema> {
        text()
            .min_length(Some(post::Title::MIN_LENGTH))
            .max_length(Some(post::Title::MAX_LENGTH))
            .pattern(Some(NOT_BLANK))
            .examples(["On Computing"])
            .into()
    }
}

/// Of a post, in an address.
pub(crate) struct Slug;

impl ToSchema for Slug {}

impl PartialSchema for Slug {
    fn schema() -> RefOr<Schema> {
        slug().into()
    }
}

/// A slug that a client chooses.
pub(crate) struct NewSlug;

impl ToSchema for NewSlug {}

impl PartialSchema for NewSlug {
    fn schema() -> RefOr<Schema> {
        let text = "Chosen, in place of one that the title makes";
        slug().description(Some(text)).into()
    }
}

fn slug() -> ObjectBuilder {
    text()
        .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
        .max_length(Some(post::Slug::MAX_LENGTH))
        .examples(["on-computing"])
}

pub(crate) struct Content;

impl ToSchema for Content {}

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        text()
            .min_length(Some(1))
            .max_length(Some(post::Content::MAX_LENGTH))
            .pattern(Some(NOT_BLANK))
            .examples(["Once there was an engine."])
            .into()
    }
}

pub(crate) struct Excerpt;

impl ToSchema for Excerpt {}

impl PartialSchema for Excerpt {
    fn schema() -> RefOr<Schema> {
        text()
            .max_length(Some(post::Excerpt::MAX_LENGTH))
            .examples(["Of engines"])
            .into()
    }
}

pub(crate) struct PostStatus;

impl ToSchema for PostStatus {}

impl PartialSchema for PostStatus {
    fn schema() -> RefOr<Schema> {
        one_of(post::PostStatus::ALL.map(post::PostStatus::as_str)).into()
    }
}

/// A status in which a post can begin.
pub(crate) struct InitialStatus;

impl ToSchema for InitialStatus {}

impl PartialSchema for InitialStatus {
    fn schema() -> RefOr<Schema> {
        let names = [post::PostStatus::Draft, post::PostStatus::Published];
        let default = json!(post::PostStatus::default().as_str());
        let status = one_of(names.map(post::PostStatus::as_str));
        status.default(Some(default)).into()
    }
}

pub(crate) struct Metadata;

impl ToSchema for Metadata {}

impl PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        let text = format!(
            "Any JSON object: at most {} bytes as compact text, and {} levels deep. It comes back \
             as it went in",
            post::Metadata::MAX_SIZE,
            post::Metadata::MAX_DEPTH
        );
        ObjectBuilder::new()
            .description(Some(text))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([json!({"tags": ["engines"]})])
            .into()
    }
}

pub(crate) struct ViewCount;

impl ToSchema for ViewCount {}

impl PartialSchema for ViewCount {
    fn schema() -> RefOr<Schema> {
        integer()
            .minimum(Some(0))
            .description(Some("It may lag two seconds behind"))
            .examples([json!(42)])
            .into()
    }
}
