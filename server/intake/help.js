// The link to the chat opens it on this page.
for (const link of document.querySelectorAll("[data-chat]")) {
  link.hidden = false;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.Onethread = window.Onethread || { q: [] };
    if (window.Onethread.open) window.Onethread.open();
    else window.Onethread.q.push(["open"]);
  });
}
