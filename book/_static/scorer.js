// The order of what a search finds: first a page whose title names what is looked for, the others by Sphinx's own weights.
var Scorer = {
  score: ([, title, , description, score]) => {
    const words = (text) => text.toLowerCase().split(/[^\p{L}\d-]+/u).filter(Boolean);
    const wanted = words(new URLSearchParams(location.search).get("q") ?? "");
    const named = words(title);
    const isPage = !description && !title.includes(" > ");
    return score + (isPage && wanted.length && wanted.every((word) => named.includes(word)) ? 100 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
