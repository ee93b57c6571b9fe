// What the page needs before, and after, its program: the theme before anything is painted, and a way out when the
// program cannot start or has stopped for good.
(() => {
  const asked = new URLSearchParams(location.search);
  const root = document.documentElement;
  const theme = asked.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const lang = asked.get("lang") ?? navigator.language ?? "en";
  root.lang = lang.startsWith("zh") ? "zh-Hans" : "en";

  const kept = (key) => {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  };

  addEventListener("DOMContentLoaded", () => {
    // The poster is left out where the stage is low.
    if ((asked.get("hide") ?? "").split(",").includes("panels")) {
      document.querySelector(".page").classList.add("embedded");
    }
    const trouble = document.getElementById("trouble");
    const fail = (error) => {
      document.getElementById("trouble-details").textContent ||= String(error?.message ?? error ?? "");
      trouble.hidden = false;
    };
    // The program's file may be missing, blocked, or too new for the browser.
    addEventListener("error", (event) => {
      if (!window.wasmBindings) fail(event.error ?? event.message ?? event.target?.src);
    }, true);
    addEventListener("unhandledrejection", (event) => {
      if (!window.wasmBindings) fail(event.reason);
    });
    trouble.addEventListener("click", async (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action === "again") {
        try {
          sessionStorage.setItem("ackscope.again", "1");
        } catch {
          // Without storage the page begins as its address says.
        }
        location.reload();
      } else if (action === "copy") {
        // Shown as well, selected: a frame inside somebody's text may have no clipboard.
        const text = document.getElementById("trouble-scenario");
        text.value = kept("ackscope.scenario") ?? "";
        text.hidden = false;
        text.select();
        try {
          await navigator.clipboard.writeText(text.value);
        } catch {
          document.execCommand("copy");
        }
      }
    });
  });
})();
