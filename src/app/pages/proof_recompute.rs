//! *Recompute here*: the browser downloads the journal and replays it with the server's own ledger.

use leptos::prelude::*;

use crate::model::format::grouped;
use crate::model::proof::Claim;

/// How far it is.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser recomputes"))]
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was pressed yet.
    Ready,
    /// So many transactions are replayed.
    Running(u64),
    /// It is over.
    Over(Verdict),
}

/// What the browser found.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser recomputes"))]
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Hash and totals are those of the page.
    Agrees { transactions: u64, milliseconds: u64 },
    /// The journal comes to something else.
    Differs(String),
    /// The journal could not be read.
    Failed(String),
}

/// A button that finds out whether the journal comes to what the page says.
#[island]
pub fn Recompute(claim: Claim) -> impl IntoView {
    let (stage, scripts) = (RwSignal::new(Stage::Ready), RwSignal::new(false));
    let all = claim.sequence;
    let command = format!("scrip verify --journal journal-{all}.jsonl");
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| scripts.set(true));
    let press = move |_| {
        if matches!(stage.get_untracked(), Stage::Running(_)) {
            return;
        }
        stage.set(Stage::Running(0));
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(browser::recompute(claim.clone(), stage));
        #[cfg(not(feature = "hydrate"))]
        let _ = &claim;
    };
    let running = move || matches!(stage.get(), Stage::Running(_));
    view! {
        <section class="card" aria-labelledby="recompute-heading">
            <header><h2 id="recompute-heading">"Do not take our word"</h2></header>
            <div class="stack tight">
                <p>
                    "This browser can fetch the journal and replay it, transaction by transaction, with the same code that the server runs: chain of hashes, every rule, every total."
                </p>
                <Show
                    when=move || scripts.get()
                    fallback=|| view! {
                        <p class="soft">"Recomputing here needs scripts. Without them, download the journal and check it with the program, which needs no database for that:"</p>
                    }
                >
                    <p>
                        <button type="button" class="button primary" on:click=press.clone() data-testid="recompute"
                            aria-disabled=move || running().then_some("true")>
                            {move || if running() { "Working…" } else { "Recompute here" }}
                        </button>
                    </p>
                </Show>
                {move || match stage.get() {
                    Stage::Running(done) => Some(view! {
                        <div>
                            <progress max=all.max(1).to_string() value=done.to_string() aria-label="Transactions replayed"></progress>
                            <p class="soft small">{format!("{} of {} transactions", grouped(done), grouped(all))}</p>
                        </div>
                    }),
                    _ => None,
                }}
                <div role="status" data-testid="verdict">
                    {move || match stage.get() {
                        Stage::Over(verdict) => Some(told(verdict)),
                        _ => None,
                    }}
                </div>
                <p class="soft small">"Or with the program, offline: " <code class="hash">{command}</code></p>
            </div>
        </section>
    }
}

fn told(verdict: Verdict) -> impl IntoView {
    let (class, heading, text) = match verdict {
        Verdict::Agrees { transactions, milliseconds } => (
            "banner good",
            "It agrees",
            format!(
                "{} transactions replayed in {}.{} s. The chain is unbroken, the last hash is the \
                 one on this page, and so is every total, to the last micro-credit.",
                grouped(transactions),
                milliseconds / 1000,
                milliseconds % 1000 / 100,
            ),
        ),
        Verdict::Differs(text) => ("banner bad", "It does not agree", text),
        Verdict::Failed(text) => ("banner warn", "It could not be recomputed", text),
    };
    view! {
        <div class=class>
            <div><p class="strong">{heading}</p><p>{text}</p></div>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use wasm_bindgen_futures::js_sys::{Promise, Reflect, Uint8Array};
    use web_sys::{ReadableStreamDefaultReader, Response};

    use super::{Stage, Verdict};
    use crate::ledger::LedgerState;
    use crate::ledger::journal_file::JournalReader;
    use crate::model::proof::Claim;

    /// How long the page may be kept waiting at a time, in milliseconds.
    const SLICE: f64 = 12.0;
    /// Lines between two looks at the time.
    const LINES: u64 = 32;

    /// Fetches, replays, and tells.
    pub async fn recompute(claim: Claim, stage: RwSignal<Stage>) {
        let began = milliseconds();
        let verdict = match replayed(&claim, stage).await {
            Err(reason) => Verdict::Failed(reason),
            Ok(state) => match claim.difference(&state) {
                Some(difference) => Verdict::Differs(difference),
                None => Verdict::Agrees {
                    transactions: state.head().sequence,
                    milliseconds: (milliseconds() - began) as u64,
                },
            },
        };
        stage.set(Stage::Over(verdict));
    }

    async fn replayed(claim: &Claim, stage: RwSignal<Stage>) -> Result<LedgerState, String> {
        let body = opened(claim.sequence).await?;
        let (mut reader, mut rest) = (JournalReader::new(), Vec::<u8>::new());
        let (mut lines, mut slice) = (0, milliseconds());
        while let Some(piece) = next(&body).await? {
            rest.extend_from_slice(&piece);
            let mut begin = 0;
            while let Some(length) = rest[begin..].iter().position(|byte| *byte == b'\n') {
                let line = std::str::from_utf8(&rest[begin..begin + length]);
                let line = line.map_err(|_| "The journal is not text.".to_owned())?;
                reader.read(line).map_err(|error| format!("The journal does not hold: {error}"))?;
                begin += length + 1;
                lines += 1;
                if lines % LINES == 0 && milliseconds() - slice > SLICE {
                    stage.set(Stage::Running(reader.transactions()));
                    breathe().await;
                    slice = milliseconds();
                }
            }
            rest.drain(..begin);
        }
        let journal = reader.finish().map_err(|error| format!("The journal broke off: {error}"))?;
        Ok(journal.state)
    }

    /// The journal's stream.
    async fn opened(through: u64) -> Result<ReadableStreamDefaultReader, String> {
        const UNREACHABLE: &str = "The server did not send the journal. Try again.";
        let address = format!("/credits/journal?through={through}");
        let response =
            JsFuture::from(window().fetch_with_str(&address)).await.map_err(|_| UNREACHABLE)?;
        let response: Response = response.dyn_into().map_err(|_| UNREACHABLE)?;
        let body = response.body().filter(|_| response.ok()).ok_or(UNREACHABLE)?;
        body.get_reader().dyn_into().map_err(|_| UNREACHABLE.to_owned())
    }

    async fn next(body: &ReadableStreamDefaultReader) -> Result<Option<Vec<u8>>, String> {
        const CUT: &str = "The connection was cut. Try again.";
        let read = JsFuture::from(body.read()).await.map_err(|_| CUT)?;
        let part = |name: &str| Reflect::get(&read, &JsValue::from_str(name)).map_err(|_| CUT);
        if part("done")?.is_truthy() {
            return Ok(None);
        }
        Ok(Some(Uint8Array::new(&part("value")?).to_vec()))
    }

    /// Lets the browser paint and answer before it goes on.
    async fn breathe() {
        let pause = Promise::new(&mut |resolve, _| {
            // A failure leaves the promise unfulfilled; a browser without timers runs no page.
            let _ = window().set_timeout_with_callback(&resolve);
        });
        // It is only ever fulfilled.
        let _ = JsFuture::from(pause).await;
    }

    fn milliseconds() -> f64 {
        window().performance().map_or(0.0, |clock| clock.now())
    }
}
