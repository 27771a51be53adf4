use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::auth::{ApiTokenRecord, SessionRecord, Token, TokenId, TokenKind};
use hexpress_domain::text::Kept;
use hexpress_domain::user::UserId;

use crate::schema::tokens;

/// A token as it is read. Its digest is not part of it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(super) struct TokenRow {
    id: StoredId,
    user_id: StoredId,
    kind: String,
    name: Option<String>,
    created_at: StoredInstant,
    last_used_at: StoredInstant,
    expires_at: Option<StoredInstant>,
}

impl TryFrom<TokenRow> for Token {
    type Error = Corrupt;

    fn try_from(row: TokenRow) -> Result<Self, Corrupt> {
        let id = row.id.0;
        Ok(Self {
            id: TokenId::new(id),
            user_id: UserId::new(row.user_id.0),
            kind: [TokenKind::Session, TokenKind::Api]
                .into_iter()
                .find(|kind| kind.as_str() == row.kind)
                .ok_or_else(|| {
                    Corrupt::row("tokens", id).column("kind")("neither session nor api")
                })?,
            name: row
                .name
                .map(|name| Kept(name).try_into())
                .transpose()
                .map_err(Corrupt::row("tokens", id).column("name"))?,
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.0,
            expires_at: row.expires_at.map(|time| time.0),
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = tokens)]
pub(super) struct NewTokenRow<'a> {
    id: StoredId,
    user_id: StoredId,
    kind: &'a str,
    name: Option<&'a str>,
    digest: &'a [u8],
    created_at: StoredInstant,
    last_used_at: StoredInstant,
    expires_at: Option<StoredInstant>,
}

impl<'a> From<&'a SessionRecord> for NewTokenRow<'a> {
    fn from(session: &'a SessionRecord) -> Self {
        Self {
            id: session.id.into(),
            user_id: session.user_id.into(),
            kind: TokenKind::Session.as_str(),
            name: None,
            digest: session.digest.as_bytes(),
            created_at: session.at.into(),
            last_used_at: session.at.into(),
            expires_at: Some(session.expires_at.into()),
        }
    }
}

impl<'a> From<&'a ApiTokenRecord> for NewTokenRow<'a> {
    fn from(token: &'a ApiTokenRecord) -> Self {
        Self {
            id: token.id.into(),
            user_id: token.user_id.into(),
            kind: TokenKind::Api.as_str(),
            name: Some(token.name.as_str()),
            digest: token.digest.as_bytes(),
            created_at: token.at.into(),
            last_used_at: token.at.into(),
            expires_at: token.expires_at.map(StoredInstant),
        }
    }
}
