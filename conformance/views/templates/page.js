(() => {
  const { root, address, keep, all, byId, words, startLanguage } = page;
  const say = (key) => { byId("said").textContent = words(byId("said"), key); };

  const startFilter = () => {
    const form = byId("filter");
    const plain = (text) => text.normalize("NFKC").toLowerCase();
    const rows = all("table.list tbody tr").map((row) => ({ row, text: plain(row.textContent) }));
    const fields = Array.from(form.elements).filter((field) => field.name);

    const apply = () => {
      const wanted = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      const parts = plain(wanted.q).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text } of rows) {
        const fits = Object.keys(wanted).every((name) => name === "q" || !wanted[name] || row.dataset[name] === wanted[name]);
        row.hidden = !(fits && parts.every((part) => text.includes(part)));
        if (!row.hidden) shown += 1;
      }
      byId("nothing").hidden = shown > 0;
      const matches = byId("matches");
      matches.textContent = words(matches, "count").replace("{all}", rows.length).replace("{shown}", shown);
    };
    const changed = () => {
      fields.forEach((field) => (field.value ? address.set(field.name, field.value) : address.delete(field.name)));
      keep();
      apply();
    };
    const clear = () => { fields.forEach((field) => { field.value = ""; }); changed(); };

    fields.forEach((field) => { field.value = address.get(field.name) || ""; });
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    byId("clear").addEventListener("click", clear);
    form.hidden = false;
    apply();
    return { apply, clear };
  };

  const copied = async (button) => {
    const source = byId(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) {
        say("failed");
        return;
      }
    }
    say("copied");
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 2000);
  };

  const startCopy = () => all("button.copy").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copied(button));
  });

  const startOpenAll = () => {
    const button = byId("open-all");
    const evidence = all("#failures details.evidence");
    if (!button || !evidence.length) return;
    const show = () => button.setAttribute("aria-pressed", String(evidence.every((details) => details.open)));
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      evidence.forEach((details) => { details.open = open; });
    });
    evidence.forEach((details) => details.addEventListener("toggle", show));
    show();
  };

  // A permanent link opens what it names, also where a filter hides it; `service.ID` works where `ID` is unique.
  const place = (name) => byId(name) || all("table.list tbody tr").filter((row) =>
    [row.dataset.requirement, `${row.dataset.service}.${row.dataset.requirement}`].includes(name))
    .map((row) => byId(row.querySelector("a.id").hash.slice(1)))[0];

  const go = (filter) => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { return; }
    const target = name && place(name);
    if (!target) return;
    if (target.hidden) filter.clear();
    target.querySelectorAll(":scope > details.evidence, :scope > .what > details").forEach((details, n) => {
      if (n === 0) details.open = true;
    });
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const filter = startFilter();
    startLanguage(() => filter.apply());
    startCopy();
    startOpenAll();
    addEventListener("hashchange", () => go(filter));
    go(filter);
    root.dataset.ready = "true";
  });
})();
