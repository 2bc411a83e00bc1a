//! On PostgreSQL every node's open pages hear what any node committed.

use super::*;
use scrip::backend::live::LiveEvent;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_one_node_hears_what_another_committed() {
    let office = Office::open(TestDatabase::postgres().await).await;
    let (here, there) = (&office.live, Live::new());
    here.join(office.db()).await.unwrap();
    there.join(&office.test.another_node().await).await.unwrap();
    let mut page = there.subscribe(&office.organisation);
    office.must(grant("lot_1", "5")).await;
    let Some(LiveEvent::Balance(view)) = page.next().await else { panic!("a balance comes first") };
    assert_eq!((view.version, view.available), (1, credits("5")));
    here.notify(&office.organisation, "report:rep_1");
    let Some(LiveEvent::Changed(changed)) = page.next().await else { panic!("then the notice") };
    assert_eq!(changed.topic, "report:rep_1");
}
