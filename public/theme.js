// Light, dark, or as the system has it: before the first paint, so that nothing flashes.
{
  const words = ["auto", "light", "dark"];
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") ?? "auto";
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const show = () => {
      button.textContent = root.dataset.theme;
      button.setAttribute("aria-label", `Theme: ${root.dataset.theme}`);
    };
    button.addEventListener("click", () => {
      root.dataset.theme = words[(words.indexOf(root.dataset.theme) + 1) % 3];
      localStorage.setItem("theme", root.dataset.theme);
      show();
    });
    show();
  });
}
