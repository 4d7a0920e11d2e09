(() => {
  const { root, address, all, byId, startLanguage } = page;

  // Links within the site take the language with them, as some browsers keep nothing between pages from files.
  const inside = () => all("a[href]").filter((link) => !/^([a-z][a-z0-9+.-]*:|#)/i.test(link.getAttribute("href")));
  const carry = (links) => {
    if (!address.has("lang")) return;
    links.forEach((link) => {
      const target = new URL(link.href);
      target.searchParams.set("lang", root.lang);
      link.href = target.href;
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const links = inside();
    startLanguage(() => { carry(links); document.dispatchEvent(new Event("language")); });
    carry(links);
    const form = byId("find");
    if (!form) return;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const target = new URL(form.dataset.index, location.href);
      if (address.has("lang")) target.searchParams.set("lang", root.lang);
      target.searchParams.set("q", form.elements.q.value);
      location.assign(target.href);
    });
  });
})();
