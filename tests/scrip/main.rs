//! Every story of Scrip through its public surfaces, on both databases.

mod access;
mod alerts;
mod api;
mod asks;
mod catalogues;
mod credit_pages;
mod documents;
mod engine;
mod fuzz;
mod live;
mod payments;
mod permissions;
mod plan_pages;
mod proof;
mod reports;
mod sandbox;
mod staff;
mod stopped;
mod store;
mod support;
mod webhooks;
