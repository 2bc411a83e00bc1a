"""Stripe's own Python client drives the sandbox as a merchant would."""

import sys
import traceback

import stripe

import sandbox


class Shop:
    """A client of the sandbox, with what its stories share."""

    def __init__(self, url, key):
        self.url = url
        self.key = key
        self.v1 = self.client(key).v1

    def client(self, key):
        return stripe.StripeClient(key, base_addresses={"api": self.url})

    def control(self, path, **fields):
        return sandbox.control(self.url, self.key, path, **fields)

    def customer_with(self, card):
        customer = self.v1.customers.create({"name": "Ada", "email": "ada@example.com"})
        method = self.v1.payment_methods.attach(card, {"customer": customer.id})
        self.v1.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": method.id}}
        )
        return customer.id, method.id

    def charge(self, customer, method, **options):
        order = {"amount": 2500, "currency": "usd", "confirm": True, "off_session": True}
        return self.v1.payment_intents.create(
            order | {"customer": customer, "payment_method": method}, options or None
        )


def refusal(kind, call):
    """The error of this kind that the call raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def a_delivered_event_is_verified_and_a_forged_one_is_not(shop):
    receiver, deliveries = sandbox.start_receiver()
    endpoint = shop.v1.webhook_endpoints.create(
        {"url": receiver, "enabled_events": ["customer.created"], "api_version": "2026-09-30.endive"}
    )
    customer = shop.v1.customers.create({"name": "Grace", "email": "grace@example.com"})
    body, signature = deliveries.get(timeout=sandbox.WAIT_SECONDS)
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    assert event.data.object.id == customer.id and event.livemode is False
    for forged in [
        (body, signature, "whsec_another"),
        (body.replace(b"Grace", b"Mallo"), signature, endpoint.secret),
        (body, signature.replace("t=1", "t=2"), endpoint.secret),
    ]:
        refusal(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(*forged))


def errors_arrive_in_the_clients_own_classes(shop):
    wrong = shop.client("sk_test_wrong_wrong_wrong").v1
    refusal(stripe.AuthenticationError, wrong.customers.list)
    error = refusal(stripe.InvalidRequestError, lambda: shop.v1.customers.create({"colour": "red"}))
    assert (error.code, error.param) == ("parameter_unknown", "colour")
    error = refusal(stripe.InvalidRequestError, lambda: shop.v1.customers.retrieve("cus_nobody"))
    assert error.http_status == 404


def one_key_makes_one_thing(shop):
    key = {"idempotency_key": "python-once"}
    first = shop.v1.customers.create({"name": "Once"}, key)
    assert shop.v1.customers.create({"name": "Once"}, key).id == first.id
    refusal(stripe.IdempotencyError, lambda: shop.v1.customers.create({"name": "Twice"}, key))


def lists_page_themselves_to_the_end(shop):
    made = [shop.v1.products.create({"name": f"Paged {number}"}).id for number in range(5)]
    products = shop.v1.products.list({"limit": 2})
    found = [product.id for product in products.auto_paging_iter()]
    assert found[:5] == made[::-1]


def a_saved_card_is_charged_declined_and_asked_for(shop):
    assert shop.charge(*shop.customer_with("pm_card_visa")).status == "succeeded"
    declined = shop.customer_with("pm_card_chargeCustomerFail")
    error = refusal(stripe.CardError, lambda: shop.charge(*declined, idempotency_key="python-top"))
    again = refusal(stripe.CardError, lambda: shop.charge(*declined, idempotency_key="python-top"))
    attempts = [one.json_body["error"]["payment_intent"]["id"] for one in (error, again)]
    assert attempts[0] == attempts[1] and error.code == "card_declined"
    asked = shop.customer_with("pm_card_authenticationRequired")
    error = refusal(stripe.CardError, lambda: shop.charge(*asked))
    assert error.code == "authentication_required"
    intent = shop.v1.payment_intents.confirm(
        error.json_body["error"]["payment_intent"]["id"],
        {"payment_method": asked[1], "return_url": "http://127.0.0.1:1/back"},
    )
    sandbox.press(intent.next_action.redirect_to_url.url, outcome="succeeds")
    assert shop.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def money_goes_back_by_refund_and_by_dispute(shop):
    intent = shop.charge(*shop.customer_with("pm_card_visa"))
    refund = shop.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert refund.status == "succeeded"
    dispute = shop.control(f"charges/{intent.latest_charge}/dispute", amount=2000)
    refusal(
        stripe.InvalidRequestError, lambda: shop.v1.refunds.create({"payment_intent": intent.id})
    )
    assert shop.v1.disputes.close(dispute["id"]).status == "lost"
    charge = shop.v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.disputed, len(charge.refunds.data)) == (500, True, 1)


def a_plan_lives_renews_changes_and_ends(shop):
    product = shop.v1.products.create({"name": "Growth"})
    prices = [
        shop.v1.prices.create(
            {
                "product": product.id,
                "currency": "usd",
                "unit_amount": amount,
                "recurring": {"interval": "month"},
            }
        ).id
        for amount in (3000, 9000)
    ]
    customer, _ = shop.customer_with("pm_card_visa")
    plan = shop.v1.subscriptions.create({"customer": customer, "items": [{"price": prices[0]}]})
    assert plan.status == "active"
    item = plan["items"].data[0]
    change = {"items": [{"id": item.id, "price": prices[1]}], "proration_behavior": "none"}
    preview = shop.v1.invoices.create_preview(
        {"subscription": plan.id, "subscription_details": change}
    )
    assert preview.amount_due == 9000
    shop.v1.subscriptions.update(plan.id, change)
    shop.control("clock/advance", days=32)
    expanded = {"expand": ["latest_invoice"]}
    invoice = shop.v1.subscriptions.retrieve(plan.id, expanded).latest_invoice
    assert (invoice.status, invoice.total) == ("paid", 9000)
    assert invoice.parent.subscription_details.subscription == plan.id
    shop.v1.subscriptions.update(plan.id, {"cancel_at_period_end": True})
    shop.control("clock/advance", days=32)
    assert shop.v1.subscriptions.retrieve(plan.id).status == "canceled"
    events = shop.v1.events.list({"type": "customer.subscription.deleted"})
    assert events.data[0].data.object["id"] == plan.id


STORIES = [
    a_delivered_event_is_verified_and_a_forged_one_is_not,
    errors_arrive_in_the_clients_own_classes,
    one_key_makes_one_thing,
    lists_page_themselves_to_the_end,
    a_saved_card_is_charged_declined_and_asked_for,
    money_goes_back_by_refund_and_by_dispute,
    a_plan_lives_renews_changes_and_ends,
]


def main():
    failed = 0
    with sandbox.running() as (url, key):
        shop = Shop(url, key)
        for story in STORIES:
            try:
                story(shop)
                print(f"ok - {story.__name__.replace('_', ' ')}")
            except Exception:  # noqa: BLE001 - every story is told, whatever another met
                failed += 1
                print(f"NOT OK - {story.__name__.replace('_', ' ')}")
                traceback.print_exc()
    print(f"{len(STORIES) - failed} passed, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
