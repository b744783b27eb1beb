'use strict';

// Real browsers for tests of pages. A profile has cookies of its own, as another person's browser has; windows of a profile
// share them.

const { chromium } = require('playwright-core');
const { findChromium, HOW_TO_GET_CHROMIUM } = require('../../scripts/chromium.cjs');
const { onEnd } = require('./cleanup');

const ACTION_TIMEOUT_MS = 10_000;

async function startBrowser() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(HOW_TO_GET_CHROMIUM);
  const browser = await chromium.launch({ executablePath });
  onEnd(() => browser.close());
  return browser;
}

/**
 * A profile that notes what goes wrong in its windows: errors on the console, exceptions that nobody caught, violations of
 * the Content-Security-Policy; and the texts of all answers.
 */
async function openProfile(browser) {
  const profile = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
  profile.setDefaultTimeout(ACTION_TIMEOUT_MS);
  onEnd(() => profile.close());
  const errors = [];
  const answers = [];
  profile.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  profile.on('weberror', (error) => errors.push(String(error.error())));
  // A stream that has ended, or an answer without a body, has nothing to tell.
  const textOf = async (request) => (await request.response()).text();
  profile.on('requestfinished', (request) => answers.push(textOf(request).catch(() => '')));
  return { profile, errors, answers: () => Promise.all(answers) };
}

module.exports = { openProfile, startBrowser };
