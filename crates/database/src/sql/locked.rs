use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;

/// A query that locks the rows it finds until the transaction ends: on PostgreSQL by a clause
/// at its end. On SQLite it is the query alone, since a transaction that writes holds the
/// whole database from its beginning.
///
/// Lock several rows in one order everywhere (`ORDER BY` the id), so that transactions cannot
/// wait for each other in a circle.
#[derive(Debug, Clone, Copy)]
pub struct Locked<Q> {
    query: Q,
    strength: &'static str,
    table: Option<&'static str>,
    others: &'static str,
}

impl<Q> Locked<Q> {
    /// `FOR UPDATE`: nobody else may change, delete or lock the rows.
    pub const fn for_update(query: Q) -> Self {
        Self::new(query, " FOR UPDATE")
    }

    /// `FOR NO KEY UPDATE`: as [`for_update`](Self::for_update), but others may insert rows
    /// that refer to these.
    pub const fn for_no_key_update(query: Q) -> Self {
        Self::new(query, " FOR NO KEY UPDATE")
    }

    /// `FOR SHARE`: nobody may change or delete the rows; others may lock them in the same
    /// way.
    pub const fn for_share(query: Q) -> Self {
        Self::new(query, " FOR SHARE")
    }

    /// Leaves out rows that others have locked, instead of waiting for them.
    #[must_use]
    pub fn skip_locked(self) -> Self {
        Self {
            others: " SKIP LOCKED",
            ..self
        }
    }

    /// Locks the rows of this table alone, if the query joins several.
    #[must_use]
    pub fn of(self, table: &'static str) -> Self {
        Self {
            table: Some(table),
            ..self
        }
    }

    const fn new(query: Q, strength: &'static str) -> Self {
        Self {
            query,
            strength,
            table: None,
            others: "",
        }
    }
}

impl<Q: Query> Query for Locked<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Locked<Q> {
    // The strength is no part of the type, so that the text must tell.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(self.strength);
        if let Some(table) = self.table {
            out.push_sql(" OF ");
            out.push_identifier(table)?;
        }
        out.push_sql(self.others);
        Ok(())
    }
}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Locked<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::sql_query;

    use super::*;

    #[test]
    fn the_clause_is_for_postgres_alone() {
        let notes = || sql_query("SELECT id FROM notes");
        for (locked, clause) in [
            (Locked::for_update(notes()), " FOR UPDATE"),
            (Locked::for_no_key_update(notes()), " FOR NO KEY UPDATE"),
            (Locked::for_share(notes()), " FOR SHARE"),
            (
                Locked::for_no_key_update(notes()).of("notes"),
                " FOR NO KEY UPDATE OF \"notes\"",
            ),
            (
                Locked::for_update(notes()).skip_locked(),
                " FOR UPDATE SKIP LOCKED",
            ),
        ] {
            let postgres = debug_query::<Pg, _>(&locked).to_string();
            let text = format!("SELECT id FROM notes{clause} -- binds: []");
            assert_eq!(postgres, text);
            let sqlite = debug_query::<Sqlite, _>(&locked).to_string();
            assert_eq!(sqlite, "SELECT id FROM notes -- binds: []");
        }
    }
}
