document.addEventListener("click", (event) => {
  const toggle = event.target.closest('[data-toggle="collapse"]');
  if (!toggle) return;
  event.preventDefault();
  document.getElementById(toggle.getAttribute("href").slice(1))?.classList.toggle("show");
});
