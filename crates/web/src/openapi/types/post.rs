use hexpress_domain::post;
use serde_json::json;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::AdditionalProperties;

use super::{NOT_BLANK, integer, one_of, text};

field_types! {
    Title => text()
        .min_length(Some(post::Title::MIN_LENGTH))
        .max_length(Some(post::Title::MAX_LENGTH))
        .pattern(Some(NOT_BLANK))
        .examples(["On Computing"]);
    /// Of a post, in an address.
    Slug => slug();
    /// A slug that a client chooses.
    NewSlug => {
        let text = "Chosen, in place of one that the title makes";
        slug().description(Some(text))
    };
    Content => text()
        .min_length(Some(1))
        .max_length(Some(post::Content::MAX_LENGTH))
        .pattern(Some(NOT_BLANK))
        .examples(["Once there was an engine."]);
    Excerpt => text()
        .max_length(Some(post::Excerpt::MAX_LENGTH))
        .examples(["Of engines"]);
    PostStatus => one_of(post::PostStatus::ALL.map(post::PostStatus::as_str));
    /// A status in which a post can begin.
    InitialStatus => {
        let names = [post::PostStatus::Draft, post::PostStatus::Published];
        let default = json!(post::PostStatus::default().as_str());
        let status = one_of(names.map(post::PostStatus::as_str));
        status.default(Some(default))
    };
    Metadata => {
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
    };
    ViewCount => integer()
        .minimum(Some(0))
        .description(Some("It may lag two seconds behind"))
        .examples([json!(42)]);
}

fn slug() -> ObjectBuilder {
    text()
        .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
        .max_length(Some(post::Slug::MAX_LENGTH))
        .examples(["on-computing"])
}
