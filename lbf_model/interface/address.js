// Writes what is shown into the address, and returns the link that restores it, or "" if nothing can be restored.
// The page's own theme parameter stays in the address. In a frame the address bar belongs to the page around it, which is
// asked to change it as documented for Spaces: huggingface.co/docs/hub/spaces-handle-url-parameters.
(parentPage) => (query) => {
  const framed = parentPage && window.parent !== window;
  const theme = new URLSearchParams(location.search).get("__theme");
  const search = new URLSearchParams(query);
  const link = query ? new URL("?" + search, framed ? parentPage : location.href).href : "";
  if (theme) search.set("__theme", theme);
  history.replaceState(null, "", location.pathname + (search.size ? "?" + search : ""));
  if (framed) window.parent.postMessage({ queryString: search.toString() }, new URL(parentPage).origin);
  return link;
}
