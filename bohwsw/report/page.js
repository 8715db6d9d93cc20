"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const make = (name, content, attributes = {}) => {
    const made = document.createElement(name);
    if (content !== undefined) made.textContent = content;
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  };
  // As the tables that are in the page without a script.
  const number = (value) => {
    const size = Math.abs(value);
    if (value === 0 || (size >= 1e-3 && size < 1e6)) {
      const isWhole = Number.isInteger(value) || size >= 1e4;
      return isWhole ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));
    }
    const [mantissa, exponent] = value.toExponential(3).split("e");
    const small = String(Number(exponent)).replace(/[-0-9]/g, (x) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(x)]);
    return `${Number(mantissa)}·10${small}`;
  };
  const save = (name, text, type) => {
    const link = make("a", "", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // The theme: as the system has it, until it is chosen.
  const isDark = () => {
    const root = document.documentElement.classList;
    if (root.contains("dark") || root.contains("light")) return root.contains("dark");
    return matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const theme = make("button", "Light or dark", { type: "button", id: "theme" });
  theme.onclick = () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.classList.remove("light", "dark");
    document.documentElement.classList.add(next);
  };
  document.querySelector("nav").append(theme);

  // One design at a time.
  const choose = (id) => {
    for (const design of all(".design")) design.hidden = design.dataset.design !== id;
    for (const button of all("button[data-choose]")) {
      button.setAttribute("aria-pressed", String(button.dataset.choose === id));
    }
    for (const point of all("svg [data-choose]")) {
      point.classList.toggle("chosen", point.dataset.choose === id);
    }
  };
  for (const target of all("[data-choose]")) {
    const act = () => choose(target.dataset.choose);
    target.addEventListener("click", act);
    if (target.tagName !== "BUTTON") {
      target.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
      });
    }
  }
  const first = document.querySelector(".design");
  if (first) choose(first.dataset.design);

  // From a bar or a node to the loop nest of its layer.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("svg [data-row]");
    const design = row && row.closest(".design");
    if (!design) return;
    const layer = all("details[data-layer]", design).find((x) => x.dataset.layer === row.dataset.row);
    if (layer) { layer.open = true; layer.scrollIntoView({ block: "center" }); }
  });

  // Tables: sorted by a click on a head, saved as CSV.
  const worth = (cell) => {
    const value = cell.dataset.value;
    return value === undefined ? cell.textContent : Number(value);
  };
  const sortable = (table) => {
    all("thead th", table).forEach((head, place) => {
      const button = make("button", head.textContent, { type: "button" });
      head.replaceChildren(button);
      button.onclick = () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [worth(a.cells[place]), worth(b.cells[place])];
          if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
          const order = typeof x === "number" ? x - y : x.localeCompare(y);
          return down ? -order : order;
        });
        table.tBodies[0].append(...rows);
      };
    });
  };
  const quoted = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const csv = (rows) => rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  const rowsOf = (table) =>
    [...table.rows].map((row) => [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent));
  for (const table of all("table")) {
    const name = table.caption.textContent;
    const tools = make("div", undefined, { class: "tools" });
    const button = make("button", "CSV", { type: "button", "aria-label": `Save ${name} as CSV` });
    button.onclick = () => {
      const told = data.search && data.search.trials;
      const rows = table.id === "trials-table"
        ? [["trial", "state", ...told.figures, ...told.parameters], ...told.rows]
        : rowsOf(table);
      save(`${name}.csv`, csv(rows), "text/csv");
    };
    tools.append(button);
    table.parentElement.after(tools);
    if (table.classList.contains("sortable")) sortable(table);
  }

  // Figures, saved as SVG with their colours.
  const kept = ["fill", "stroke", "stroke-width", "opacity", "font"];
  for (const figure of all("figure.drawing")) {
    const name = figure.dataset.name;
    const button = make("button", "SVG", { type: "button", "aria-label": `Save ${name} as SVG` });
    button.onclick = () => {
      const drawing = figure.querySelector("svg");
      const copy = drawing.cloneNode(true);
      const pairs = [all("*", drawing), all("*", copy)];
      pairs[0].forEach((element, place) => {
        const style = getComputedStyle(element);
        for (const key of kept) pairs[1][place].style.setProperty(key, style.getPropertyValue(key));
      });
      save(`${name}.svg`, new XMLSerializer().serializeToString(copy), "image/svg+xml");
    };
    const tools = make("div", undefined, { class: "tools" });
    tools.append(button);
    figure.append(tools);
  }

  // All trials, with a filter: a page of rows at a time.
  const trials = document.getElementById("trials-table");
  const MOST = 200;
  if (trials && data.search) {
    const rows = data.search.trials.rows;
    const label = make("label", "Show trials with ");
    const field = make("input", undefined, { type: "search", id: "filter" });
    const count = make("span", "", { role: "status" });
    label.append(field);
    const box = make("p");
    box.append(label, " ", count);
    trials.parentElement.before(box);
    const lines = rows.map((row) => row.join(" ").toLowerCase());
    const fill = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = rows.filter((_, place) => words.every((word) => lines[place].includes(word)));
      count.textContent = `${found.length} of ${rows.length}` + (found.length > MOST ? `, the first ${MOST} shown` : "");
      const body = found.slice(0, MOST).map((row) => {
        const line = make("tr");
        row.forEach((value, place) => {
          const isNumber = typeof value === "number";
          const shown = isNumber ? number(value) : String(value ?? "-");
          const cell = make(place ? "td" : "th", shown, place ? {} : { scope: "row" });
          if (isNumber) { cell.className = "number"; cell.dataset.value = value; }
          line.append(cell);
        });
        return line;
      });
      trials.tBodies[0].replaceChildren(...body);
    };
    field.addEventListener("input", fill);
    fill();
  }
})();
