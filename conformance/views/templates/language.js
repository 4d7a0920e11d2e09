"use strict";
// What every page needs: the language that is shown, and the address that remembers it.
const page = (() => {
  const root = document.documentElement;
  const address = new URLSearchParams(location.search);
  const remembered = new URLSearchParams(location.hash.slice(1));

  const chosen = () => {
    const asked = address.get("lang") || remembered.get("lang");
    if (asked === "ja" || asked === "en") return asked;
    const known = (navigator.languages || [navigator.language]).map((tag) => String(tag).slice(0, 2).toLowerCase());
    return known.find((tag) => tag === "ja" || tag === "en") || "ja";
  };

  // Before the first paint, so that the other language is never seen.
  root.dataset.lang = root.lang = chosen();

  const keep = () => {
    const query = address.toString();
    try {
      history.replaceState(null, "", (query ? "?" + query : location.pathname) + location.hash);
    } catch {
      // Some browsers do not let a page from a file change its address; the page works all the same.
    }
  };

  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const words = (element, key) => element.dataset[key + (root.lang === "en" ? "En" : "Ja")];

  const speak = (language) => {
    root.dataset.lang = root.lang = language;
    all("[data-ja]").forEach((element) => { element.textContent = element.dataset[language]; });
    all('input[name="language"]').forEach((input) => { input.checked = input.value === language; });
  };

  const startLanguage = (changed) => {
    speak(root.lang);
    all('input[name="language"]').forEach((input) => input.addEventListener("change", () => {
      speak(input.value);
      address.set("lang", input.value);
      keep();
      changed();
    }));
  };

  return { root, address, keep, all, byId, words, startLanguage };
})();
