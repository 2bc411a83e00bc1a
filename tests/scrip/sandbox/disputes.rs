//! Disputes in every order a bank may choose.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::refunds::{charge_again, paid};
use super::{Shop, id};

async fn open(shop: &Shop, charge: &Value, form: &[(&str, &str)]) -> Value {
    let (status, dispute) = shop.control(&format!("charges/{}/dispute", id(charge)), form).await;
    assert_eq!(status, StatusCode::OK, "{dispute}");
    dispute
}

async fn turn(shop: &Shop, dispute: &Value, turn: &str, form: &[(&str, &str)]) -> Value {
    let (status, dispute) = shop.control(&format!("disputes/{}/{turn}", id(dispute)), form).await;
    assert_eq!(status, StatusCode::OK, "{dispute}");
    dispute
}

async fn dispute_events(shop: &Shop) -> Vec<String> {
    let types = shop.event_types().await;
    types
        .iter()
        .filter_map(|kind| kind.strip_prefix("charge.dispute.").map(str::to_owned))
        .collect()
}

fn balance(dispute: &Value) -> i64 {
    let moved = dispute["balance_transactions"].as_array().expect("a list");
    moved.iter().filter_map(|one| one["amount"].as_i64()).sum()
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_winning_brings_it_back() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    let dispute = open(&shop, &charge, &[]).await;
    assert_eq!((&dispute["status"], balance(&dispute)), (&json!("needs_response"), -1000));
    assert_eq!(charge_again(&shop, id(&charge)).await["disputed"], true);
    let (status, body) = shop.post("refunds", &[("charge", id(&charge))]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"]["code"], "charge_disputed");
    let won = turn(&shop, &dispute, "close", &[("outcome", "won")]).await;
    assert_eq!((&won["status"], balance(&won)), (&json!("won"), 0));
    let expected = ["created", "funds_withdrawn", "closed", "funds_reinstated"];
    assert_eq!(dispute_events(&shop).await, expected);
}

#[tokio::test]
async fn a_partial_dispute_after_a_partial_refund_takes_its_part() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    shop.post("refunds", &[("charge", id(&charge)), ("amount", "400")]).await;
    let dispute = open(&shop, &charge, &[("amount", "600"), ("reason", "duplicate")]).await;
    assert_eq!((dispute["amount"].as_i64(), balance(&dispute)), (Some(600), -600));
    let lost = turn(&shop, &dispute, "close", &[("outcome", "lost")]).await;
    assert_eq!((&lost["status"], balance(&lost)), (&json!("lost"), -600));
    assert_eq!(dispute_events(&shop).await, ["created", "funds_withdrawn", "closed"]);
}

#[tokio::test]
async fn an_inquiry_moves_no_money_until_it_becomes_a_dispute() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    let inquiry = open(&shop, &charge, &[("inquiry", "true")]).await;
    assert_eq!((&inquiry["status"], balance(&inquiry)), (&json!("warning_needs_response"), 0));
    assert_eq!(inquiry["is_charge_refundable"], true);
    let dispute = turn(&shop, &inquiry, "escalate", &[]).await;
    assert_eq!((&dispute["status"], balance(&dispute)), (&json!("needs_response"), -1000));
    let back = turn(&shop, &dispute, "reinstate", &[]).await;
    assert_eq!((&back["status"], balance(&back)), (&json!("needs_response"), 0));
    let expected = ["created", "updated", "funds_withdrawn", "funds_reinstated"];
    assert_eq!(dispute_events(&shop).await, expected);
}

#[tokio::test]
async fn a_dispute_may_be_lost_without_a_word_about_the_money() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    let dispute = open(&shop, &charge, &[("withdraw", "false")]).await;
    let lost = turn(&shop, &dispute, "close", &[("outcome", "lost")]).await;
    assert_eq!(balance(&lost), -1000);
    assert_eq!(dispute_events(&shop).await, ["created", "closed"]);
    let path = format!("disputes/{}/close", id(&dispute));
    assert_eq!(shop.control(&path, &[("outcome", "won")]).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn evidence_wins_or_loses_as_stripe_documents_it() {
    let shop = Shop::open().await;
    for (evidence, outcome) in [("winning_evidence", "won"), ("losing_evidence", "lost")] {
        let charge = paid(&shop, "4242424242424242").await;
        let dispute = open(&shop, &charge, &[]).await;
        let path = format!("disputes/{}", id(&dispute));
        let form = [("evidence[uncategorized_text]", evidence)];
        assert_eq!(shop.post(&path, &form).await.1["status"], outcome);
        assert_eq!(shop.get(&path).await.1["status"], outcome);
    }
}

#[tokio::test]
async fn some_cards_dispute_by_themselves() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4000000000000259").await;
    assert_eq!(charge["disputed"], false);
    shop.clock.advance(60_000);
    shop.work_until_idle().await;
    let (_, disputes) = shop.get(&format!("disputes?charge={}", id(&charge))).await;
    assert_eq!(disputes["data"][0]["reason"], "fraudulent");
    assert_eq!(dispute_events(&shop).await, ["created", "funds_withdrawn"]);
}
