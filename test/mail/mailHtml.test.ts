import { mailHtml } from '../../src/mail/mailHtml';

test('A42 the words of a mail are shown as they are, whatever they hold', () => {
  const html = mailHtml('Hello <script>alert(1)</script> & "you"\nsecond\n\nhttps://doorman.example/not-me/x?a=1&b="\'', 'en');
  expect(html).toContain('<p>Hello &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;you&quot;<br>second</p>');
  expect(html).toContain('<p><a href="https://doorman.example/not-me/x?a=1&amp;b=&quot;&#39;">');
  expect(html.match(/<script|<img|src=|url\(/g)).toBeNull();
});

test('only a line that is nothing but an address is a link', () => {
  expect(mailHtml('see https://a.example now\njavascript:alert(1)', 'en')).not.toContain('<a ');
});
