//! Both databases have the same tables, and every statement of the store is understood by both.

use crate::support::database::TestDatabase;
use scrip::backend::store::commit::TABLES;
use scrip::backend::store::{Db, StoreRow};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::collections::BTreeMap;
use std::path::Path;

const SQLITE_COLUMNS: &str = "select m.name || '.' || c.name as name, c.type as type, \
     c.\"notnull\" as required, c.pk as key from sqlite_master m, pragma_table_info(m.name) c \
     where m.type = 'table' and m.name not like '\\_sqlx%' escape '\\'";
const POSTGRES_COLUMNS: &str = "select c.table_name || '.' || c.column_name as name, \
     c.data_type::text as type, (c.is_nullable = 'NO')::int::bigint as required, \
     coalesce(array_position(i.indkey::smallint[], c.ordinal_position::smallint) + 1, 0)::bigint \
     as key from information_schema.columns c \
     join pg_index i on i.indrelid = c.table_name::regclass and i.indisprimary \
     where c.table_schema = 'public' and c.table_name <> '_sqlx_migrations'";
const SQLITE_INDEXES: &str = "select name, tbl_name as type, 0 as required, 0 as key \
     from sqlite_master where type = 'index' and sql is not null";
const POSTGRES_INDEXES: &str = "select indexname::text as name, tablename::text as type, \
     0::bigint as required, 0::bigint as key from pg_indexes where schemaname = 'public' \
     and tablename <> '_sqlx_migrations' and indexname not like '%\\_pkey' \
     and indexname not like '%\\_key'";

#[tokio::test]
async fn both_migration_folders_have_the_same_files() {
    let names = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let mut names: Vec<_> =
            std::fs::read_dir(path).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn both_databases_have_the_same_columns_and_indexes() {
    let sqlite = TestDatabase::sqlite().await;
    let postgres = TestDatabase::postgres().await;
    assert_eq!(
        described(&sqlite.db, SQLITE_COLUMNS).await,
        described(&postgres.db, POSTGRES_COLUMNS).await
    );
    assert_eq!(
        described(&sqlite.db, SQLITE_INDEXES).await,
        described(&postgres.db, POSTGRES_INDEXES).await
    );
}

#[tokio::test]
async fn every_table_that_is_written_in_bulk_is_described_as_it_is() {
    let sqlite = TestDatabase::sqlite().await;
    let columns = described(&sqlite.db, SQLITE_COLUMNS).await;
    for table in TABLES.iter().chain([&&scrip::backend::store::head::HEAD]) {
        let described: Vec<String> =
            table.columns.iter().map(|(name, _)| format!("{}.{name}", table.name)).collect();
        let count = columns.keys().filter(|name| name.starts_with(&format!("{}.", table.name)));
        assert_eq!(count.count(), described.len(), "{}", table.name);
        assert!(described.iter().all(|name| columns.contains_key(name)), "{}", table.name);
        let key = table.columns[..table.key].iter().zip(1..);
        for ((name, _), position) in key {
            let name = format!("{}.{name}", table.name);
            assert_eq!(columns[&name].2, position, "{name} in the primary key");
        }
    }
}

#[tokio::test]
async fn every_statement_of_the_store_is_understood_by_both() {
    let sqlite = TestDatabase::sqlite().await;
    let postgres = TestDatabase::postgres().await;
    let statements = statements();
    assert!(statements.len() > 30, "only {} statements were found", statements.len());
    for (name, statement) in statements {
        if !name.ends_with("_ON_POSTGRES") {
            prepare(&sqlite.db, &name, &statement).await;
        }
        if !name.ends_with("_ON_SQLITE") {
            prepare(&postgres.db, &name, &statement).await;
        }
    }
}

async fn prepare(db: &Db, name: &str, statement: &str) {
    let text = AssertSqlSafe(statement.to_owned()).into_sql_str();
    let prepared = match db {
        Db::Sqlite { reader, .. } => reader.prepare(text).await.map(|_| ()),
        Db::Postgres(pool) => pool.prepare(text).await.map(|_| ()),
    };
    prepared.unwrap_or_else(|error| panic!("{name} on {db:?}: {error}\n{statement}"));
}

/// Name → kind, required, place in the primary key; in the words of SQLite's strict tables.
async fn described(db: &Db, statement: &'static str) -> BTreeMap<String, (String, bool, i64)> {
    scrip::on!(db, read pool => sqlx::query(statement).fetch_all(pool).await.unwrap().iter()
        .map(column).collect())
}

fn column(row: &impl StoreRow) -> (String, (String, bool, i64)) {
    let kind = match row.text("type").unwrap().to_lowercase().as_str() {
        "bigint" => "integer".to_owned(),
        "bytea" => "blob".to_owned(),
        other => other.to_owned(),
    };
    let required = row.integer("required").unwrap() == 1;
    (row.text("name").unwrap(), (kind, required, row.integer("key").unwrap()))
}

/// Every `const NAME: &str = "…"` of the store's source that is SQL. Texts made by a macro are not
/// among them: the stories of their nouns run each of them.
fn statements() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/backend/store");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|file| constants(&std::fs::read_to_string(file).unwrap())).collect()
}

fn constants(source: &str) -> Vec<(String, String)> {
    let definitions = source.split("const ").skip(1);
    definitions
        .filter_map(|definition| {
            let (name, rest) = definition.split_once(": &str =")?;
            let text = literal(rest.trim_start().strip_prefix('"')?);
            let first = text.split(' ').next()?;
            ["select", "insert", "update", "delete", "with"]
                .contains(&first)
                .then(|| (name.to_owned(), text.clone()))
        })
        .collect()
}

/// What a string literal says, from behind its opening quote.
fn literal(source: &str) -> String {
    let mut text = String::new();
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' if characters.peek() == Some(&'\n') => {
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
            }
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}
