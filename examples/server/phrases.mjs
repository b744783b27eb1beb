// What customers of car dealers write and what they are answered, in six languages, so that the
// values which the demo caches have the lengths and the UTF-8 of real ones.

export const MODELS = ['Corolla Touring', 'Golf Variant', 'Octavia', 'Ioniq 5', 'CX-30', 'Model Y'];

export const LANGUAGES = [
  {
    tag: 'en',
    share: 0.4,
    customer: [
      'Hi, is the {model} from your website still available?',
      'What would the monthly payment be with {price} dollars down?',
      'Could I come by for a test drive on Saturday around {hour}?',
      'My trade-in has about 90,000 miles and one small dent in the rear door. Is that a problem?',
      'ok',
      'Does the price include the winter tires you mentioned, and how long does the warranty run?',
      'Thanks, that helps a lot!',
    ],
    agent: [
      'Good news: the {model} is on our lot and nobody has reserved it. Would you like to see it?',
      'At {price} dollars down and 60 months it comes to roughly what you pay now. I can send the full offer, with every fee listed, so that there are no surprises when you sign.',
      'Saturday at {hour} is free. Please bring your license; everything else is ready for you.',
      'No problem at all. We look at every car in person, and a small dent rarely changes the value by much.',
      'The price includes a second set of tires, the first inspection, and a warranty of two years or 24,000 miles, whichever comes first.',
      'You are welcome! Anything else I can do for you today?',
    ],
    summary: 'Customer asks about the {model}, has a trade-in, wants a test drive at {hour}.',
  },
  {
    tag: 'es',
    share: 0.2,
    customer: [
      'Buenas tardes, ¿sigue disponible el {model}?',
      '¿Cuánto pagaría al mes si doy {price} $ de entrada?',
      '¿Puedo pasar el sábado a las {hour} para probarlo?',
      'Tengo un coche para entregar, pero todavía debo algunas cuotas. ¿Se puede hacer igual?',
      'Perfecto, muchas gracias.',
    ],
    agent: [
      'Sí, el {model} está en nuestro patio y nadie lo ha reservado todavía. ¿Quiere verlo?',
      'Con {price} $ de entrada y 60 meses la cuota queda cerca de lo que paga ahora. Le envío la oferta completa con todos los gastos.',
      'El sábado a las {hour} tenemos sitio. Traiga su permiso de conducir, por favor.',
      'Claro que sí: liquidamos lo que queda y lo descontamos del valor de su coche.',
    ],
    summary: 'El cliente pregunta por el {model}, entrega su coche y quiere probarlo a las {hour}.',
  },
  {
    tag: 'de',
    share: 0.1,
    customer: [
      'Guten Tag, ist der {model} noch zu haben?',
      'Wie hoch wäre die Rate bei {price} $ Anzahlung?',
      'Ich würde ihn gern am Samstag gegen {hour} Probe fahren.',
      'Nehmen Sie meinen alten Wagen in Zahlung? Er hat erst im Frühjahr neue Bremsen bekommen.',
    ],
    agent: [
      'Ja, der {model} steht bei uns und ist nicht reserviert. Möchten Sie ihn ansehen?',
      'Bei {price} $ Anzahlung und 60 Monaten liegt die Rate etwa dort, wo Sie heute sind. Das vollständige Angebot schicke ich Ihnen gern zu.',
      'Samstag um {hour} passt gut. Bitte bringen Sie Ihren Führerschein mit.',
      'Selbstverständlich. Wir sehen uns den Wagen gemeinsam an und nennen Ihnen sofort einen Preis.',
    ],
    summary: 'Kunde fragt nach dem {model}, gibt seinen Wagen in Zahlung, Probefahrt um {hour}.',
  },
  {
    tag: 'uk',
    share: 0.1,
    customer: [
      'Добрий день, чи ще є {model}?',
      'Який буде щомісячний платіж, якщо перший внесок {price} $?',
      'Можна приїхати на тест-драйв у суботу о {hour}?',
      'Дякую, я порадюся з дружиною і напишу вам увечері.',
    ],
    agent: [
      'Так, {model} стоїть у нас на майданчику, його ще ніхто не забронював. Бажаєте подивитися?',
      'З першим внеском {price} $ на 60 місяців платіж буде приблизно такий, як ви маєте зараз. Надішлю повну пропозицію.',
      'У суботу о {hour} вільно. Візьміть, будь ласка, посвідчення водія.',
      'Звичайно, не поспішайте. Я притримаю автомобіль до завтра.',
    ],
    summary: 'Клієнт цікавиться {model}, просить розрахунок і тест-драйв о {hour}.',
  },
  {
    tag: 'ar',
    share: 0.1,
    customer: [
      'مرحبا، هل سيارة {model} ما زالت متوفرة؟',
      'كم سيكون القسط الشهري إذا دفعت {price} دولار مقدما؟',
      'هل يمكنني تجربة السيارة يوم السبت الساعة {hour}؟',
      'شكرا جزيلا 🙏',
    ],
    agent: [
      'نعم، سيارة {model} موجودة في معرضنا ولم يحجزها أحد. هل تود رؤيتها؟',
      'مع دفعة أولى {price} دولار على 60 شهرا يكون القسط قريبا مما تدفعه الآن، وسأرسل لك العرض كاملا.',
      'السبت الساعة {hour} مناسب. نرجو إحضار رخصة القيادة.',
    ],
    summary: 'العميل يسأل عن {model} ويريد تجربة القيادة الساعة {hour}.',
  },
  {
    tag: 'zh',
    share: 0.1,
    customer: [
      '你好，请问 {model} 还有现车吗？',
      '首付 {price} 美元的话，每个月要付多少？',
      '星期六 {hour} 可以过来试驾吗？',
      '好的，谢谢 👍',
    ],
    agent: [
      '您好，{model} 目前就在店里，还没有人预订。您想来看看吗？',
      '首付 {price} 美元、分 60 期的话，月供和您现在差不多，我可以把完整的报价单发给您。',
      '星期六 {hour} 有空位，请带上驾照。',
    ],
    summary: '客户询问 {model}，想在 {hour} 试驾。',
  },
];
