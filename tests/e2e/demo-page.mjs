// What the demo page shows of calls.

/** Presses the button of a call and gives what the page shows of its answer. */
export async function press(tab, call) {
  await tab.getByTestId(call).click();
  return answer(tab);
}

/** The same for a call that was begun. */
export async function answer(tab) {
  const shown = tab.getByTestId("call-result");
  await shown.and(tab.locator(":not([aria-busy])")).locator(".headline").waitFor();
  return shown.textContent();
}

/** What the API said of the credential that came with the last call. */
export const saw = (tab) => tab.getByTestId("saw").locator("code").allTextContents();
