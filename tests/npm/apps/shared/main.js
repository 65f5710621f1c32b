import { first } from "./first.js";
import { show } from "./show.js";

show(first(document.querySelector("canvas")));
