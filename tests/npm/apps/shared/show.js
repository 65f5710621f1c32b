import { open } from "gpubuffers";

/** Shows in the title what came of the first steps, and the name that an error has in this application. */
export async function show(steps) {
  try {
    const refused = await open({ wasm: 7 }).catch((error) => error.name);
    document.title = JSON.stringify({ ...(await steps), refused });
  } catch (error) {
    document.title = JSON.stringify({ error: `${error}, by ${error.cause}` });
  }
}
