(() => {
  const { root, address, keep, byId, words } = page;
  const MOST = 60;
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const entries = INDEX.map(([kind, where, name, ja, en, moreJa, moreEn]) => ({
    kind, where, name, ja, en, moreJa, moreEn,
    first: plain(`${name} ${ja} ${en}`), whole: plain([name, ja, en, moreJa, moreEn].join(" ")), id: plain(name),
  }));

  const worth = (entry, parts, asked) => {
    if (!parts.every((part) => entry.whole.includes(part))) return -1;
    if (entry.id === asked) return 3;
    if (entry.id.startsWith(asked)) return 2;
    return parts.every((part) => entry.first.includes(part)) ? 1 : 0;
  };

  const text = (tag, className, content) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = content;
    return element;
  };

  const shown = (entry) => {
    const item = document.createElement("li");
    const head = text("p", "labels", "");
    const link = text("a", "id", entry.name);
    const target = new URL(entry.where, location.href);
    if (address.has("lang")) target.searchParams.set("lang", root.lang);
    link.href = target.href;
    const kind = text("span", "tag", words(byId("kinds"), entry.kind));
    const title = root.lang === "en" ? entry.en : entry.ja;
    head.append(kind, " ", link, " ", text("b", "", title));
    item.append(head);
    const more = root.lang === "en" ? entry.moreEn : entry.moreJa || entry.moreEn;
    if (more) item.append(text("p", "quiet", more));
    return item;
  };

  const look = () => {
    const asked = plain(byId("q").value.trim());
    const parts = asked.split(/\s+/).filter(Boolean);
    const found = parts.length ? entries.map((entry) => [worth(entry, parts, asked), entry]).filter(([w]) => w >= 0) : [];
    found.sort((a, b) => b[0] - a[0]);
    const first = found.slice(0, MOST);
    byId("found").replaceChildren(...first.map(([, entry]) => shown(entry)));
    const said = byId("matches");
    said.textContent = !parts.length ? "" : !found.length ? words(said, "none")
      : words(said, "count").replace("{shown}", first.length).replace("{all}", found.length);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const input = byId("q");
    input.value = address.get("q") || "";
    input.addEventListener("input", () => {
      if (input.value) address.set("q", input.value); else address.delete("q");
      keep();
      look();
    });
    byId("search").addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("language", look);
    byId("search").hidden = false;
    look();
    root.dataset.ready = "true";
  });
})();
