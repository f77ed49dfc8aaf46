// What the keyboard and the scanner need beyond plain forms. Every page works without it; it saves reaching for the mouse.
(() => {
  "use strict";
  const $ = (what, from = document) => from.querySelector(what);
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const shown = (element) => element && element.checkVisibility() && !element.disabled;
  const editable = (element) => element && element.matches?.("input:not([type=radio],[type=checkbox],[type=submit]), textarea, select");

  // --- Sounds: a calm tick, a question, a stop. Made here, so nothing is fetched.
  const TONES = { done: [[880, 0, 0.07]], look: [[660, 0, 0.1], [660, 0.16, 0.1]], no: [[330, 0, 0.16]], stop: [[196, 0, 0.22], [156, 0.26, 0.36]] };
  let audio = null;
  function sound(kind) {
    if (!navigator.userActivation?.hasBeenActive) return;
    audio ??= new AudioContext();
    for (const [pitch, start, length] of TONES[kind] ?? []) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + start;
      tone.type = kind === "stop" ? "square" : "sine";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.12, at + 0.01);
      volume.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  }

  // --- Focus: it follows the work, and comes back to the scan field after each answer.
  function settle() {
    const stop = $("[data-stop]");
    if (stop) {
      $("#main").scrollTop = 0;
      stop.focus();
      return;
    }
    const wrong = all("[aria-invalid=true], .wrong input, .with-reason[open] input:not([type=hidden])").find(shown);
    const home = wrong ?? all("[data-home]").find(shown) ?? all("[autofocus]:not([data-scan])").find(shown) ?? all("[data-scan]").find(shown);
    if (!home) return rest();
    home.focus();
    if (home.matches("[data-scan], [data-home], input[type=search]")) home.select();
  }

  // Nothing asks for the hands: then the keys that scroll reach what is longer than the screen.
  function rest() {
    if (document.activeElement && document.activeElement !== document.body) return;
    const panes = [$("#work"), ...all(".two > *, .counter > *")].filter((e) => e && getComputedStyle(e).overflowY === "auto");
    const pane = panes.find((e) => e.scrollHeight > e.clientHeight) ?? $("#main");
    if (!pane) return;
    pane.tabIndex = -1;
    pane.focus({ preventScroll: true });
  }

  function answered() {
    all("#answer [data-sound]").forEach((said) => {
      if (!said.dataset.heard) sound(said.dataset.sound);
      said.dataset.heard = "1";
    });
  }

  function putAside() {
    $("[data-stop]")?.remove();
    settle();
  }

  // --- Scanner: it types faster than any hand. A burst that ends in Enter is a scan, wherever the focus is.
  const FAST = 50; // milliseconds between two characters
  const UNHURRIED = 150; // the same where no field has the focus: nobody writes words there, so a slow scanner is one still
  const LEAST = 4; // shorter bursts are hands
  const BARE = "jkg/?";
  const burst = { text: "", last: 0, field: null, before: "", slow: false };
  let held = null; // a bare key in the empty scan field waits a moment: it may be the first character of a scan

  function note(event) {
    const now = event.timeStamp;
    const field = editable(event.target) ? event.target : null;
    if ((burst.text && now - burst.last > pace(field)) || field !== burst.field) {
      const goesOn = field === burst.field && field?.matches("[data-scan], input[type=search]") && field.value !== "";
      burst.slow = goesOn && burst.text !== "";
      burst.text = "";
      burst.field = field;
      burst.before = field?.value ?? "";
    }
    burst.text += event.ctrlKey && event.key === "]" ? "\u241d" : event.key;
    burst.last = now;
  }

  const pace = (field) => (field ? FAST : UNHURRIED);

  function isScan(event) {
    // Rows stepped through with j and k in haste hold no digit; every code does.
    const isCode = burst.field || /\d/.test(burst.text);
    return isCode && burst.text.length >= LEAST && event.timeStamp - burst.last <= pace(burst.field) * 2 && !burst.slow;
  }

  function scanned(event) {
    if (event.target.matches?.("input[type=password], [data-own-scan]")) return false;
    // Where nothing asks for a scan the search tells what it is. A scanner's Enter never presses what happens to have the focus.
    const field = event.target.matches?.("input[type=search]") ? event.target : (all("[data-scan]").find(shown) ?? $("#search"));
    if (!field) return false;
    event.preventDefault();
    event.stopPropagation();
    const code = burst.text;
    if (burst.field && burst.field !== field) {
      burst.field.value = burst.before;
      burst.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    burst.text = "";
    if ($("[data-stop]")) {
      sound("stop");
      return true;
    }
    field.value = code;
    byHand(field, false);
    field.focus();
    field.form.requestSubmit();
    return true;
  }

  function byHand(field, yes) {
    const manual = field.form?.elements.manual;
    if (manual) manual.value = yes ? "1" : "";
    const note = $("[data-typed]", field.form);
    if (note) note.hidden = !yes;
  }

  // --- Keys
  const MAIN = "Ctrl+Enter";
  const UNREAD = 600; // milliseconds in which nobody has read what the main key does now
  let going = 0; // the timer of a `g` that waits for its letter
  let unread = 0;

  // What the main key does on this page, to tell whether it means something else than a moment ago.
  function meaning() {
    const told = (e) => `${e.form?.elements.do?.value || e.value || e.pathname} ${e.textContent.trim()}`;
    return all(`[data-key="${MAIN}"]`).filter(shown).map(told).join();
  }

  let meant = meaning();

  // The same two keys begin, submit, check and hand over. Pressed twice in haste they must not pass the next step unread.
  function guard(before) {
    meant = meaning();
    if (before === meant) return;
    clearTimeout(unread);
    document.body.classList.add("unread");
    unread = setTimeout(() => document.body.classList.remove("unread"), UNREAD);
  }

  function named(event) {
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${key}`;
  }

  function press(name, from) {
    const wanted = all(`[data-key="${CSS.escape(name)}"]`).filter(shown);
    const target = wanted.find((e) => from?.form && from.form === e.form) ?? wanted[0];
    if (!target) return false;
    if (name === MAIN) {
      if (document.body.matches(".unread")) return true;
      sessionStorage.setItem("pressed", meant);
    }
    target.click();
    return true;
  }

  function escape(event) {
    if (document.activeElement === $("#search")) return $("#search").blur(), settle(), true;
    const open = all("details.with-reason[open]").find(shown);
    if (open) {
      open.open = false;
      settle();
      return true;
    }
    if (press("Escape", event.target)) return true;
    // Out of a field, so that the bare keys are keys again.
    if (editable(event.target)) return event.target.blur(), rest(), true;
    return false;
  }

  function step(by) {
    const rows = all("[data-rows] a").filter(shown);
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement);
    const current = here >= 0 ? here : rows.findIndex((r) => r.hasAttribute("aria-current"));
    rows[Math.min(Math.max(current + by, 0), rows.length - 1)].focus();
  }

  function stay() {
    clearTimeout(going);
    going = 0;
    document.body.classList.remove("going");
  }

  function go(key) {
    stay();
    const desk = $(`[data-go="${CSS.escape(key)}"]`);
    if (desk) desk.click();
    else alertLine(`No desk of yours has the letter ${key}. The key ? lists those that have one.`);
  }

  function find() {
    const field = document.activeElement?.matches("input[type=search]") ? document.activeElement : $("[data-focus-key='/']");
    field?.focus();
    field?.select();
  }

  function bare(key) {
    if (going) return go(key);
    if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "/") find();
    else if (key === "?") help();
    else if (key === "g") {
      going = setTimeout(stay, 1500);
      document.body.classList.add("going");
    }
  }

  function help() {
    const list = $("#keys dl");
    if (!list) return;
    const label = (e) => e.dataset.told ?? e.getAttribute("aria-label") ?? [...e.childNodes].filter((n) => n.nodeName !== "KBD").map((n) => n.textContent).join("").trim();
    const found = [
      ...all("[data-key]").filter(shown).map((e) => [e.dataset.key.replaceAll("+", " "), label(e)]),
      ...all("[data-go]").map((e) => [`g ${e.dataset.go}`, $(".desk-name", e).textContent]),
      ["/", "Search"], ["j k", "Next and previous row"],
    ];
    list.replaceChildren(...found.map(([key, what]) => {
      const line = document.createElement("div");
      const name = document.createElement("dt");
      const cap = document.createElement("kbd");
      const told = document.createElement("dd");
      cap.textContent = key;
      told.textContent = what;
      name.append(cap);
      line.append(name, told);
      return line;
    }));
    $("#keys").showModal();
  }

  // A key that is held down says nothing more: each repetition would press what the next page has put under it.
  function isHeld(event) {
    if (!event.repeat) return false;
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "Enter") return chord || !event.target.matches?.("textarea");
    return chord && $(`[data-key="${CSS.escape(named(event))}"]`) !== null;
  }

  function keydown(event) {
    active();
    if (event.isComposing || $("dialog[open]")) return;
    const field = event.target;
    const typing = editable(field);
    if (isHeld(event)) return event.preventDefault();
    if ((event.key.length === 1 && !event.altKey && !event.metaKey && !event.ctrlKey) || (event.ctrlKey && event.key === "]")) {
      const inScan = typing && field.matches("[data-scan]");
      const blank = typing && field.selectionEnd - field.selectionStart === field.value.length;
      // In a search whose whole text is selected `/` means the search once more: typed, it would spoil the next one.
      const again = blank && event.key === "/" && field.matches("input[type=search]");
      const command = again || ((!typing || (inScan && blank)) && (going || BARE.includes(event.key)));
      const first = event.timeStamp - burst.last > FAST;
      note(event);
      if (inScan) byHand(field, burst.text.length < LEAST && field.value !== "");
      if (event.ctrlKey) event.preventDefault();
      if (command && first) {
        event.preventDefault();
        held = { key: event.key, field: typing ? field : null };
        const mine = held;
        setTimeout(() => held === mine && ((held = null), bare(mine.key)), FAST + 10);
      } else if (held) {
        // More came at once: it was a scan after all.
        if (held.field) held.field.value = held.key;
        held = null;
      } else if (!typing && event.key === "/") event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.ctrlKey && isScan(event) && scanned(event)) return;
    if (event.key === "Enter" && typing && field.matches("[data-scan]") && !event.ctrlKey) byHand(field, field.value !== "");
    if (event.key === "Escape" && escape(event)) return event.preventDefault();
    if (!typing && (event.key === "ArrowDown" || event.key === "ArrowUp") && field.closest?.("[data-rows]")) {
      event.preventDefault();
      return step(event.key === "ArrowDown" ? 1 : -1);
    }
    if ((event.ctrlKey || event.metaKey || event.altKey) && press(named(event), field)) event.preventDefault();
  }

  function click(event) {
    if (event.target.closest("[data-stop-seen]")) {
      event.preventDefault();
      return putAside();
    }
    if (event.target.closest("[data-help]")) {
      event.preventDefault();
      return help();
    }
    if (event.target.closest("[data-theme-switch]")) theme();
    const summary = event.target.closest("summary");
    // Whoever opens it goes on in it, by whichever key; the browser opens it only after this click.
    if (summary) setTimeout(() => summary.parentElement.open && $("input:not([type=hidden]), textarea, select", summary.parentElement)?.focus());
  }

  // --- Light or dark
  function theme() {
    const root = document.documentElement;
    const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  }

  // --- Drafts: what was typed is there again after the telephone, in this tab only, for this person only.
  const draftOf = (form) => `draft ${document.body.dataset.user} ${location.pathname} ${form.dataset.draft}`;
  const kept = (form) => all("input:not([type=hidden],[type=password],[type=file]), textarea, select", form).filter((e) => e.name && !e.matches("[data-scan]"));

  function keep(form) {
    const values = kept(form).map((e) => [e.name, e.type === "checkbox" || e.type === "radio" ? [e.value, e.checked] : e.value]);
    sessionStorage.setItem(draftOf(form), JSON.stringify({ values }));
  }

  function bringBack(form) {
    const draft = JSON.parse(sessionStorage.getItem(draftOf(form)) ?? "null");
    if (!draft || form.dataset.back || $(".field-error", form)) return;
    form.dataset.back = "1";
    let changed = false;
    for (const [name, value] of draft.values) {
      for (const e of kept(form).filter((x) => x.name === name)) {
        if (Array.isArray(value)) {
          if (e.value === value[0] && e.checked !== value[1]) (e.checked = value[1]), (changed = true);
        } else if (e.value !== value) (e.value = value), (changed = true);
      }
    }
    if (!changed) return;
    const said = document.createElement("p");
    said.className = "small draft-back";
    said.textContent = "What you typed here before is back.";
    form.prepend(said);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function drafts() {
    const accepted = document.body.matches(".desk");
    for (const name of Object.keys(sessionStorage).filter((n) => n.startsWith("draft "))) {
      const draft = JSON.parse(sessionStorage.getItem(name));
      // It was sent, and a desk answered: done. At a lock or the door it was not taken, so it stays.
      if (draft.sent && accepted) sessionStorage.removeItem(name);
      else if (draft.sent) sessionStorage.setItem(name, JSON.stringify({ values: draft.values }));
    }
    for (const form of all("form[data-draft]")) {
      // What was refused, or asked about, was not taken: it is a draft again.
      if ($(".field-error", form) || form.matches("[data-asked]")) keep(form);
      else bringBack(form);
    }
  }

  let printing = false; // a label opened in a page of its own: this one does not know yet that it was printed

  function back() {
    const typed = $("#work [data-scan]")?.value;
    if (!printing || typed || !$("#work")) return;
    printing = false;
    htmx.ajax("GET", location.href, { target: "#work", swap: "outerHTML" });
  }

  function sent(event) {
    const form = event.target;
    if (form.target === "_blank") printing = true;
    if (form.getAttribute("action") === "/sign-out") return sessionStorage.clear();
    if (!form.dataset?.draft) return;
    keep(form);
    sessionStorage.setItem(draftOf(form), JSON.stringify({ ...JSON.parse(sessionStorage.getItem(draftOf(form))), sent: true }));
  }

  // --- The idle lock: the page is covered, the work under it stays as it is.
  const seconds = Number(document.body.dataset.lockSeconds ?? 0);
  let lastActive = Date.now();
  let lastTold = Date.now();
  const active = () => (lastActive = Date.now());

  function cover() {
    const dialog = $("#lock-cover");
    if (!dialog || dialog.open) return;
    all("dialog[open]").forEach((d) => d.close());
    dialog.showModal();
    const pin = $("input[name=pin]", dialog);
    pin.value = "";
    pin.focus();
  }

  async function tellLocked() {
    const body = new URLSearchParams(new FormData($("#lock-cover form")));
    body.set("do", "lock");
    await fetch("/lock", { method: "POST", body, headers: { "X-Cover": "1" } }).catch(() => {});
  }

  async function uncover(event) {
    event.preventDefault();
    const form = event.target;
    const error = $("[data-lock-error]", form);
    const answer = await fetch("/lock", { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Cover": "1" } }).catch(() => null);
    form.elements.pin.value = "";
    if (answer?.status === 204) {
      active();
      lastTold = Date.now();
      error.hidden = true;
      $("#lock-cover").close();
      return settle();
    }
    if (answer?.redirected) return location.reload();
    error.textContent = answer?.status === 422 ? await answer.text() : "The house does not answer. Try again.";
    error.hidden = false;
    form.elements.pin.focus();
  }

  async function watch() {
    if (!seconds) return;
    const now = Date.now();
    if (now - lastActive > seconds * 1000) {
      if (!$("#lock-cover").open) {
        cover();
        await tellLocked();
      }
    } else if (lastActive > lastTold && now - lastTold > Math.min(60, seconds / 3) * 1000) {
      // Long typing sends nothing: say that somebody is here, so that the house does not lock under their hands.
      lastTold = now;
      const answer = await fetch("/here").catch(() => null);
      if (answer && (answer.status === 423 || answer.redirected)) cover();
    }
  }

  // --- Time in words, kept fresh
  function words(span) {
    const minutes = Math.floor(span / 60000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 1440) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
    const days = Math.floor(minutes / 1440);
    return days === 1 ? "1 day" : `${days} days`;
  }

  // The house's clock counts, not this screen's.
  const ahead = Date.now() - Date.parse($("[data-now]")?.getAttribute("datetime") ?? new Date().toISOString());

  function tick() {
    const now = Date.now() - ahead;
    const clock = $("[data-now]");
    if (clock) clock.textContent = new Date(now).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", timeZone: clock.dataset.zone });
    all("[data-ago]").forEach((t) => (t.textContent = words(now - Date.parse(t.dateTime))));
    all("[data-due]").forEach((t) => {
      const left = Date.parse(t.dateTime) - now;
      t.classList.toggle("late", left <= -60000);
      t.textContent = left <= -60000 ? `${words(-left)} late` : left < 60000 ? "now" : `in ${words(left)}`;
    });
  }

  // --- A form that stays on the page gets a new key for its next act; an old one would be answered with the old answer.
  function freshKey(event) {
    if (event.detail.xhr.status === 0 || event.detail.xhr.status >= 500) return;
    const key = event.detail.elt.elements?.key;
    if (key) key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  function people(event) {
    const chosen = event.target.closest?.("[data-people]");
    if (!chosen || event.key.length !== 1 || event.altKey || event.ctrlKey) return;
    const found = all("[data-initials]", chosen).find((r) => r.dataset.initials.startsWith(event.key.toLowerCase()));
    if (found) (found.checked = true), found.focus();
  }

  // --- Sig codes: a code of the house is written out as soon as the word is over; Ctrl+Z brings it back.
  function writeOut(event) {
    const field = event.target;
    if (!field.matches?.("[data-codes]")) return;
    const codes = JSON.parse(field.closest("[data-sig-codes]")?.dataset.sigCodes ?? "{}");
    const until = event.type === "change" ? field.value.length : field.selectionStart;
    const word = /(?:^|[\s,;(])([\w.+/-]*\w)([\s,;.)]*)$/.exec(field.value.slice(0, until));
    const stands = word && (word[2] || event.type === "change") && codes[word[1].toLowerCase()];
    if (!stands) return;
    const end = until - word[2].length;
    field.setRangeText(stands, end - word[1].length, end, "preserve");
    if (event.type === "input") field.selectionStart = field.selectionEnd = until + stands.length - word[1].length;
    if (field.form?.dataset.draft) keep(field.form);
  }

  document.addEventListener("input", writeOut);
  document.addEventListener("change", writeOut);
  document.addEventListener("keydown", people, true);
  document.addEventListener("keydown", keydown, true);
  document.addEventListener("pointerdown", active, true);
  document.addEventListener("click", click);
  document.addEventListener("submit", sent, true);
  window.addEventListener("focus", back);
  document.addEventListener("input", (event) => event.target.form?.dataset.draft && keep(event.target.form));
  document.addEventListener("paste", (event) => event.target.matches?.("[data-scan]") && byHand(event.target, true));
  document.body.addEventListener("htmx:afterRequest", freshKey);
  document.body.addEventListener("htmx:afterSwap", () => guard(meant));
  document.body.addEventListener("htmx:afterSettle", (event) => {
    // A list that refreshed itself takes nobody's focus away.
    if (event.detail.requestConfig?.headers["X-Refresh"]) return;
    drafts();
    settle();
  });
  document.body.addEventListener("htmx:oobAfterSwap", answered);
  document.body.addEventListener("officina:locked", cover);
  document.body.addEventListener("htmx:sendError", () => alertLine("The house does not answer. Nothing was done; what you typed is still here."));
  document.body.addEventListener("htmx:responseError", () => alertLine("Something went wrong inside. Nothing was done; what you typed is still here."));
  $("#lock-cover")?.addEventListener("cancel", (event) => event.preventDefault());
  $("#lock-cover form")?.addEventListener("submit", uncover);

  function alertLine(sentence) {
    const line = document.createElement("p");
    line.className = "answer no";
    line.textContent = sentence;
    $("#answer")?.replaceChildren(line);
    sound("no");
  }

  // In large print and small windows the list stands above the work: whoever chose a row has chosen already.
  function land() {
    if (!matchMedia("(max-width: 62rem)").matches) return;
    const here = $("#rail [aria-current]");
    if (here) $("#rail ul").scrollLeft = here.offsetLeft - $("#rail ul").clientWidth / 3;
    $(".two > #work")?.scrollIntoView();
  }

  drafts();
  answered();
  land();
  settle();
  guard(sessionStorage.getItem("pressed") ?? meant);
  sessionStorage.removeItem("pressed");
  tick();
  setInterval(tick, 20000);
  setInterval(watch, 1000);
})();
