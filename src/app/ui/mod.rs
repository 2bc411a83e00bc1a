//! A dozen plain parts over native HTML, used by every page. Nothing here knows a page or asks the server.

mod export;
pub mod field;
pub mod icon;
mod list;
mod part;
mod table;

pub use export::export_links;
pub use field::{Field, FormProblem, Kept};
pub use list::{SearchForm, pager, searched_pages};
pub use part::{Empty, Meter, PageHead, Time};
pub use table::{Head, Table, TableCard};
