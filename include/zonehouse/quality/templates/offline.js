document.addEventListener("click", (event) => {
  const toggle = event.target.closest('[data-toggle="collapse"]');
  if (!toggle) return;
  event.preventDefault();
  document.getElementById(toggle.getAttribute("href").slice(1))?.classList.toggle("show");
});
document.getElementById("failed-only")?.addEventListener("change", (event) => {
  for (const icon of document.querySelectorAll(".ge-section .fa-check-circle")) {
    const row = icon.closest("tr");
    if (row) row.hidden = event.target.checked;
  }
});
