"use strict";
(() => {
  const form = document.querySelector("form.checkout-form");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const group = (digits) => /^3[47]/.test(digits)
    ? digits.replace(/^(\d{4})(\d{1,6})?(\d{1,5})?.*$/, (_, a, b, c) => [a, b, c].filter(Boolean).join(" "))
    : digits.slice(0, 16).replace(/(\d{4})(?=\d)/g, "$1 ");
  field("number")?.addEventListener("input", (event) => {
    const box = event.target;
    if (box.selectionStart === box.value.length) box.value = group(box.value.replace(/\D/g, ""));
  });
  field("expiry")?.addEventListener("input", (event) => {
    const box = event.target;
    const digits = box.value.replace(/\D/g, "").slice(0, 4);
    if (event.inputType !== "deleteContentBackward" && digits.length >= 2) {
      box.value = digits.slice(0, 2) + " / " + digits.slice(2);
    }
  });
  for (const link of document.querySelectorAll("a[data-card]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const method = document.getElementById("method-card");
      if (method) method.checked = true;
      field("number").value = link.dataset.card;
      field("expiry").value = "12 / 34";
      field("cvc").value = link.dataset.cvc;
      if (!field("name").value) field("name").value = "Test Payer";
      if (!field("email").value) field("email").value = "payer@example.com";
      for (const box of form.querySelectorAll("[aria-invalid]")) box.removeAttribute("aria-invalid");
      for (const text of document.querySelectorAll(".mistake, .alert")) text.remove();
      form.querySelector(".submit").focus();
    });
  }
  let sent = false;
  const button = form.querySelector(".submit");
  const label = button.textContent;
  const update = form.querySelector(".update");
  for (const name of update ? ["country", "tax_id"] : []) {
    field(name)?.addEventListener("change", () => form.requestSubmit(update));
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter === update && update) return;
    if (sent) { event.preventDefault(); return; }
    sent = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = "Processing…";
  });
  window.addEventListener("pageshow", () => {
    sent = false;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  });
})();
