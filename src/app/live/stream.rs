//! One `EventSource` for all islands of a page.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

use crate::model::balance::BalanceView;

/// The stream's address.
const ADDRESS: &str = "/live";

/// What an island hears.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A newer balance.
    Balance(BalanceView),
    /// Something with this topic changed.
    Changed(String),
    /// The stream is open (again): whatever was shown may be older than this.
    Opened,
    /// The stream is cut; the browser keeps trying.
    Cut,
}

type Listener = Box<dyn Fn(&Signal)>;

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
    static STREAM: RefCell<Option<EventSource>> = const { RefCell::new(None) };
}

/// Calls `listener` for everything that comes, for as long as the page is open.
pub fn listen(listener: impl Fn(&Signal) + 'static) {
    let first = LISTENERS.with_borrow_mut(|all| {
        all.push(Box::new(listener));
        all.len() == 1
    });
    if first {
        open();
        follow_visibility();
    }
}

fn tell(signal: &Signal) {
    LISTENERS.with_borrow(|all| all.iter().for_each(|listener| listener(signal)));
}

fn open() {
    let Ok(source) = EventSource::new(ADDRESS) else { return tell(&Signal::Cut) };
    on(&source, "balance", |event| {
        let view = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
        if let Some(view) = view {
            tell(&Signal::Balance(view));
        }
    });
    on(&source, "changed", |event| {
        if let Some(topic) = event.data().as_string() {
            tell(&Signal::Changed(topic));
        }
    });
    // Whatever happened between the page's rendering and now was not heard, at the first opening too.
    let opened = Closure::<dyn Fn()>::new(|| tell(&Signal::Opened));
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));
    opened.forget();
    let cut = Closure::<dyn Fn()>::new(|| tell(&Signal::Cut));
    source.set_onerror(Some(cut.as_ref().unchecked_ref()));
    cut.forget();
    STREAM.with_borrow_mut(|stream| *stream = Some(source));
}

fn on(source: &EventSource, name: &str, handle: impl Fn(MessageEvent) + 'static) {
    let closure = Closure::<dyn Fn(MessageEvent)>::new(handle);
    // A failure here means a browser without events: the page stays as the server rendered it.
    let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

fn follow_visibility() {
    let document = leptos::prelude::document();
    let changed = Closure::<dyn Fn()>::new(|| {
        let hidden = leptos::prelude::document().hidden();
        if hidden {
            STREAM.with_borrow(|stream| stream.iter().for_each(EventSource::close));
        } else {
            let closed = STREAM.with_borrow(|stream| {
                stream.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED)
            });
            if closed {
                open();
            }
        }
    });
    let _ = document
        .add_event_listener_with_callback("visibilitychange", changed.as_ref().unchecked_ref());
    changed.forget();
}
