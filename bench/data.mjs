/**
 * Conversations as a car dealership's assistant keeps them: short text messages between a
 * customer and the assistant, in the languages its customers write.
 *
 * Everything is drawn from a seed, so that every contender, in whatever process, holds the same data.
 */

const LANGUAGES = [
  {
    share: 0.55,
    user: [
      'Hi, is the 2021 Civic still available?',
      'What would the monthly payment be with $3,000 down?',
      'Can I come by Saturday around 11?',
      'My credit is not great, does that matter?',
      'Do you take trade-ins? I have a 2015 Corolla, 90k miles.',
      'ok thanks',
      'Does it have Apple CarPlay and heated seats?',
    ],
    assistant: [
      'Yes, it is still on the lot. Would you like to see it this week?',
      'With $3,000 down you would be at about $289 a month over 60 months.',
      'Saturday at 11 works. Ask for Dana at the front desk.',
      'We work with lenders for every situation. Shall I start a pre-approval?',
      'We do. Send me a few pictures and I will get you an estimate today.',
      'It has both, and remote start as well.',
    ],
  },
  {
    share: 0.2,
    user: [
      '¿Todavía tienen la camioneta roja?',
      '¿Cuánto sería el pago mensual?',
      'Puedo pasar mañana después de las 5.',
      'No tengo historial de crédito, ¿es un problema?',
    ],
    assistant: [
      'Sí, todavía está disponible. ¿Quiere verla esta semana?',
      'Con un enganche de $2,500 quedaría en unos $310 al mes.',
      'Perfecto, lo esperamos mañana a las 5:30.',
      'No se preocupe, trabajamos con varios bancos.',
    ],
  },
  {
    share: 0.1,
    user: [
      'Bonjour, le RAV4 hybride est-il encore là ?',
      'Quelle garantie reste-t-il dessus ?',
      'Je préfère un rendez-vous jeudi matin.',
    ],
    assistant: [
      'Oui, il est là. Souhaitez-vous l’essayer cette semaine ?',
      'Il reste trois ans ou 60 000 km de garantie.',
      'C’est noté : jeudi à 9 h 30.',
    ],
  },
  {
    share: 0.1,
    user: ['Здравствуйте, машина ещё продаётся?', 'Какой пробег?', 'Могу приехать в субботу.'],
    assistant: [
      'Да, автомобиль ещё в наличии.',
      'Пробег 42 000 миль, один владелец.',
      'Ждём вас в субботу в 11 часов.',
    ],
  },
  {
    share: 0.05,
    user: ['まだ在庫はありますか？', '試乗できますか？', '月々いくらになりますか？'],
    assistant: ['はい、ございます。', '土曜日の午前中はいかがでしょうか。', '月々約三万円です。'],
  },
];

const FIRST_MESSAGE_AT_MS = Date.UTC(2025, 8, 11, 19, 56, 10);

/** mulberry32: 32 bits of state are plenty for choosing phrases. Answers numbers in [0, 1). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function chooseLanguage(random) {
  let left = random();
  for (const language of LANGUAGES) {
    left -= language.share;
    if (left < 0) return language;
  }
  return LANGUAGES[0];
}

/** One conversation of exactly `messageCount` messages, oldest first. */
export function createConversation(random, messageCount) {
  const language = chooseLanguage(random);
  let timestamp = FIRST_MESSAGE_AT_MS + Math.floor(random() * 86_400_000);
  return Array.from({ length: messageCount }, (_, index) => {
    const role = index % 2 === 0 ? 'user' : 'assistant';
    const phrases = language[role];
    timestamp += 2_000 + Math.floor(random() * 120_000);
    return { role, content: phrases[Math.floor(random() * phrases.length)], timestamp };
  });
}

/** The `index`th customer's number: no two customers share one, and none is a real person's area code. */
export function phoneNumber(index) {
  return `+1555${String(index).padStart(7, '0')}`;
}

/** `count` conversations dealt out to `organizations` organizations in turn. */
export function createConversations({ seed, count, messageCount, organizations }) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({
    organization: `org-${index % organizations}`,
    phone: phoneNumber(index),
    messages: createConversation(random, messageCount),
  }));
}

/** ASCII JSON text of exactly `bytes` bytes: what a server keeps under a raw key. */
export function jsonTextOf(bytes) {
  const head = '{"session":"';
  const tail = '"}';
  const random = seededRandom(bytes);
  let filling = '';
  while (filling.length < bytes - head.length - tail.length) {
    filling += Math.floor(random() * 36).toString(36);
  }
  return head + filling + tail;
}
