import { mount } from "svelte";

import App from "./App.svelte";
import { applyTheme } from "./state/theme.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/settings.css";
import "./styles/stats.css";

applyTheme();
const target = document.getElementById("app");
if (target) mount(App, { target });
