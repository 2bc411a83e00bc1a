//! `/reports/new`: hand in an ad, see its price and who pays, start the analysis.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::report_cost::CostTicket;
use crate::app::ui::{Field, FormProblem, Kept, PageHead};
use crate::catalogue::quote::MAX_ASSETS_PER_ANALYSIS;
use crate::catalogue::{AnalysisRequest, AssetKind};
use crate::model::asset_limits::{
    ACCEPTED_IMAGES, ACCEPTED_VIDEOS, MAX_IMAGE_BYTES, MAX_TEXT_CHARACTERS, MAX_VIDEO_BYTES,
};
use crate::model::format::{count_phrase, format_bytes};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::reports::{
    ANALYSED_KINDS, COST_CODE, NewReportView, TITLE_CHARACTERS, UPLOAD_BYTES, assets_phrase,
    request_of,
};
use crate::server_fns::reports::load_report_form;

/// The function that the form posts to.
const FUNCTION: &str = "start_analysis";

/// The page.
pub fn page() -> impl IntoView {
    let kept = Kept::of(FUNCTION);
    layout::page("New analysis", load_report_form, move |view, frame| {
        show(view, frame, kept.clone())
    })
}

fn show(view: NewReportView, frame: &Frame, kept: Kept) -> impl IntoView + use<> {
    let request = typed_request(&kept);
    let may_buy = frame.viewer.may(Action::BuyCredits);
    view! {
        <PageHead title="New analysis"
            lede="Paste the words of an ad and add its images and videos. The price stands here before anything is held."/>
        {answer(&kept, may_buy)}
        <form class="wide-narrow" method="post" action="/api/start_analysis" enctype="multipart/form-data">
            <input type="hidden" name="form_key" value=view.form_key/>
            <div class="card">
                <Field label="Title" name="title" kept=kept.clone() required=false
                    hint=format!("Optional. Left empty, it is “{}”. At most {TITLE_CHARACTERS} characters.", view.default_title)/>
                {text_field(&kept)}
                {file_field(&kept, request)}
            </div>
            <CostTicket catalogue=view.catalogue payer=view.payer request/>
        </form>
    }
}

/// What the page knows of a form that came back: its text is typed again, its files are only counted.
fn typed_request(kept: &Kept) -> AnalysisRequest {
    let count = |field| kept.value(field, "0").parse().unwrap_or(0);
    request_of(&kept.value("text", ""), count("images"), count("videos"))
}

fn answer(kept: &Kept, may_buy: bool) -> impl IntoView + use<> {
    let problem = kept.problem().cloned()?;
    if problem.code == COST_CODE {
        return Some(
            view! {
                <div class="banner" role="status">
                    <div><p class="strong">{problem.title}</p><p>{problem.detail}</p></div>
                </div>
            }
            .into_any(),
        );
    }
    let buy = may_buy && problem.code == "insufficient_credits";
    Some(view! {
        <FormProblem function=FUNCTION/>
        {buy.then(|| view! {
            <p class="row">
                <a class="button" href="/credits/buy" target="_blank" rel="noopener">"Buy credits"</a>
                <span class="soft small">"Opens a new tab; what you typed stays here."</span>
            </p>
        })}
    }.into_any())
}

fn text_field(kept: &Kept) -> impl IntoView + use<> {
    let wrong = kept.message("text");
    let described = crate::app::ui::field::described_by("text", true, wrong.is_some());
    let hint =
        format!("Up to {}.", count_phrase(MAX_TEXT_CHARACTERS as u64, "character", "characters"));
    view! {
        <div class="field">
            <label for="text">"Ad text"</label>
            <textarea id="text" name="text" rows="9" aria-invalid=wrong.is_some().then_some("true") aria-describedby=described>
                {format!("\n{}", kept.value("text", ""))}
            </textarea>
            <span class="hint" id="text-hint">{hint}</span>
            {wrong.map(|message| view! { <span class="wrong" id="text-wrong">{message}</span> })}
        </div>
    }
}

fn file_field(kept: &Kept, request: AnalysisRequest) -> impl IntoView + use<> {
    let wrong = kept.message("files");
    let described = crate::app::ui::field::described_by("files", true, wrong.is_some());
    let hint = format!(
        "{ANALYSED_KINDS}. An image up to {}, a video up to {}, all together up to {}; at most {MAX_ASSETS_PER_ANALYSIS} assets.",
        format_bytes(MAX_IMAGE_BYTES),
        format_bytes(MAX_VIDEO_BYTES),
        format_bytes(UPLOAD_BYTES),
    );
    let lost = [0, request.count(AssetKind::Image), request.count(AssetKind::Video)];
    let lost = (lost != [0; 3]).then(|| assets_phrase(lost));
    view! {
        <div class="field">
            <label for="files">"Images and videos"</label>
            <input id="files" name="files" type="file" multiple accept=format!("{ACCEPTED_IMAGES},{ACCEPTED_VIDEOS}")
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described/>
            {lost.map(|counted| view! {
                <p class="small strong" data-lost>{format!("Choose the files again ({counted}): a browser never keeps them for a page. The price counts them.")}</p>
            })}
            <span class="hint" id="files-hint">{hint}</span>
            {wrong.map(|message| view! { <span class="wrong" id="files-wrong">{message}</span> })}
        </div>
    }
}
