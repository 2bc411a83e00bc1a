//! What a simulation stands on: a database of either kind that nobody else uses.

use super::Failure;
use super::cluster::{Cluster, ClusterError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Databases of one kind, in a folder of their own that goes with it.
#[derive(Debug)]
pub enum Ground {
    /// Files.
    Sqlite {
        /// Where they lie.
        folder: PathBuf,
    },
    /// A cluster of our own, with the server's defaults: what is acknowledged is on the disk.
    Postgres(Arc<Cluster>),
}

/// A database for one simulation.
pub struct Place {
    /// Its address.
    pub url: String,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Ground {
    /// SQLite, below `parent`.
    ///
    /// # Errors
    /// No folder can be made there.
    pub fn sqlite(parent: &Path) -> Result<Ground, Failure> {
        let unique = uuid::Uuid::now_v7().simple().to_string();
        let folder = parent.join(format!("scrip-simulation-{}", &unique[12..]));
        let made = std::fs::create_dir(&folder);
        made.map_err(|error| Failure::Closed(format!("{}: {error}", folder.display())))?;
        Ok(Ground::Sqlite { folder })
    }

    /// PostgreSQL, below `parent`.
    ///
    /// # Errors
    /// There is no PostgreSQL here.
    pub async fn postgres(parent: &Path) -> Result<Ground, Failure> {
        let parent = parent.to_owned();
        let cluster = blocking(move || Cluster::start(&parent, "")).await?;
        Ok(Ground::Postgres(Arc::new(cluster)))
    }

    /// A new, empty database.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn fresh(&self) -> Result<Place, Failure> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let url = match self {
            Ground::Sqlite { folder } => {
                format!("sqlite://{}", folder.join(format!("{number}.sqlite")).display())
            }
            Ground::Postgres(cluster) => {
                let name = format!("simulation_{number}");
                let server = super::open(&cluster.url("postgres")).await?;
                let made = server.create_database(&name).await;
                server.close().await;
                made.map_err(|error| Failure::Closed(error.to_string()))?;
                cluster.url(&name)
            }
        };
        Ok(Place { url })
    }

    /// Stops the database at once and starts it again. A SQLite file has nobody to stop: it is the
    /// nodes that are closed and opened.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart(&self) -> Result<(), ClusterError> {
        match self {
            Ground::Sqlite { .. } => Ok(()),
            Ground::Postgres(cluster) => {
                let cluster = cluster.clone();
                blocking(move || {
                    cluster.crash()?;
                    cluster.recover()
                })
                .await
            }
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Ground::Sqlite { folder } = self {
            // What is left of it is in the temporary folder and does no harm.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ClusterError> + Send + 'static,
) -> Result<T, ClusterError> {
    let done = tokio::task::spawn_blocking(work).await;
    // An error means that the work panicked.
    done.unwrap_or(Err(ClusterError::Broken("the machine")))
}
