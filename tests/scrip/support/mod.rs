//! What the tests stand on: fresh databases of both kinds, made in milliseconds.

pub mod database;
pub mod mail_server;
pub mod postgres;
pub mod premises;
pub mod program;
pub mod proxy;
pub mod visitor;

/// How our own PostgreSQL cluster is set up: fast, and good for nothing but tests.
const SERVER_OPTIONS: &str = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB";
/// Where it lies: the system's temporary folder.
const CLUSTERS_FOLDER: Option<&str> = None;

/// Makes each of these `async fn name(db: TestDatabase)` two tests: `sqlite::name` and `postgres::name`.
///
/// A function that is missing from the list is dead code, which the compiler reports.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::database::TestDatabase::sqlite().await).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::database::TestDatabase::postgres().await).await;
                }
            )+
        }
    };
}
