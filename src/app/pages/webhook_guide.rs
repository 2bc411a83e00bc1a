//! The parts of the guide and of the reference about webhooks: how an event is verified, and which there are.

use leptos::prelude::*;

use crate::app::ui::{Head, Table};
use crate::model::webhooks::{EventKind, OVERLAP_HOURS};

/// An event as it arrives.
const EVENT: &str = r#"POST /webhooks HTTP/1.1
content-type: application/json
webhook-id: msg_0f4e…
webhook-timestamp: 1795814103
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{"type":"hold.settled","timestamp":"2026-11-27T21:15:03.000000Z","data":{"transaction":1207,…}}"#;

/// A receiver's few lines. A story in a browser takes them from the page and verifies a real event with them.
const VERIFY: &str = r#"import { createHmac, timingSafeEqual } from "node:crypto";

// body is the text as it came: parse it only after this has said yes.
export function isFromScrip(secret, headers, body) {
  const id = headers["webhook-id"];
  const time = headers["webhook-timestamp"];
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const ours = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest();
  return headers["webhook-signature"].split(" ").some((signature) => {
    const theirs = Buffer.from(signature.replace("v1,", ""), "base64");
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  });
}"#;

/// How to receive events and verify that they come from here.
pub fn guide() -> impl IntoView {
    view! {
        <section class="card route" id="webhooks" aria-labelledby="webhooks-heading">
            <header>
                <h2 id="webhooks-heading">"Being told what happens"</h2>
                <a href="/developers/reference#events">"Every event"</a>
            </header>
            <p>
                "Admins add your address under " <a href="/developers/webhooks">"Webhooks"</a>
                " and choose what you are told. Each event is one signed POST, as the Standard Webhooks specification says:"
            </p>
            <pre class="code" tabindex="0"><code>{EVENT}</code></pre>
            <p class="after">
                "Verify it before you believe it: the signature is HMAC-SHA256 over " <code>"id.timestamp.body"</code>
                " with the secret that was shown once. Libraries named " <code>"standardwebhooks"</code>
                " do it in a dozen languages; by hand it is this (Node):"
            </p>
            <pre class="code" tabindex="0" data-testid="verify"><code>{VERIFY}</code></pre>
            <ul class="notes after">
                <li>"Answer 2xx within 15 seconds, and do the work afterwards. Anything else is sent again: after 5 seconds, a minute, five, thirty, and ever more slowly for about three days."</li>
                <li>"An event may arrive twice. It has the same " <code>"webhook-id"</code> " then: remember those that you have acted on."</li>
                <li>"Events arrive in the order in which things happened, unless one was not taken at first. " <code>"data.transaction"</code> ", its place in the journal, says the order for sure."</li>
                <li>"Answer 429 or 503 with " <code>"Retry-After"</code> " where it is too much, 410 where you want no more."</li>
                <li>{format!("After a rotation both secrets sign for {OVERLAP_HOURS} hours: the header then holds two signatures, with a space between.")}</li>
                <li>"Redirects are not followed. A webhook that has taken nothing for three days is switched off; admins are told after one day and again then."</li>
            </ul>
        </section>
    }
}

/// Every kind of event.
pub fn events() -> impl IntoView {
    let columns = vec![Head::Text("Type"), Head::Text("When"), Head::Text("Its data")];
    let rows = EventKind::ALL.into_iter().chain([EventKind::WebhookTest]).map(row).collect_view();
    view! {
        <section class="stack tight route" id="events">
            <div>
                <h2>"Webhook events"</h2>
                <p class="soft">"What is posted to webhooks: " <code>"type"</code> ", " <code>"timestamp"</code> " and " <code>"data"</code> ": a transaction as GET /v1/transactions answers it, a hold as GET /v1/holds/{id} does. " <a href="/developers/guide#webhooks">"How to verify it"</a></p>
            </div>
            <div class="card flush">
                <Table label="Webhook events" caption="Webhook events, by what they tell of" columns>{rows}</Table>
            </div>
        </section>
    }
}

fn row(kind: EventKind) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code>{kind.as_str()}</code></th>
            <td data-label="When">{kind.sentence()}</td>
            <td data-label="Its data">{kind.data()}</td>
        </tr>
    }
}
