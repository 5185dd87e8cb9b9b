// Common :shortcodes: and their characters. An unknown one remains text.

import { h, s } from "./dom.js";

const LIST = `white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫
information_source ℹ️|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗|bangbang ‼️|interrobang ⁉️|bell 🔔|no_bell 🔕|loudspeaker 📢|mega 📣|sos 🆘|new 🆕|ok 🆗|up 🆙
red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛|small_blue_diamond 🔹|small_orange_diamond 🔸
hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|clock1 🕐|clock3 🕒|clock9 🕘|watch ⌚|calendar 📆|date 📅|spiral_calendar_pad 🗓️
ticket 🎫|admission_tickets 🎟️|label 🏷️|bookmark 🔖|pushpin 📌|round_pushpin 📍|paperclip 📎|link 🔗|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|page_with_curl 📃|notebook 📓|books 📚|book 📖|inbox_tray 📥|outbox_tray 📤|package 📦|email 📧|envelope ✉️|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️|receipt 🧾
bar_chart 📊|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|chart 💹|mag 🔍|mag_right 🔎|microscope 🔬|telescope 🔭|stethoscope 🩺|pill 💊|thermometer 🌡️|adhesive_bandage 🩹|ambulance 🚑|hospital 🏥
telephone ☎️|phone ☎️|telephone_receiver 📞|calling 📲|iphone 📱|computer 💻|desktop_computer 🖥️|keyboard ⌨️|satellite 🛰️|satellite_antenna 📡|signal_strength 📶|globe_with_meridians 🌐|electric_plug 🔌|battery 🔋|floppy_disk 💾|gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|toolbox 🧰|nut_and_bolt 🔩|shield 🛡️|lock 🔒|unlock 🔓|key 🔑
microphone 🎤|studio_microphone 🎙️|headphones 🎧|speaker 🔈|sound 🔉|loud_sound 🔊|mute 🔇|musical_note 🎵|video_camera 📹|movie_camera 🎥|camera 📷|clapper 🎬|tv 📺|film_frames 🎞️
eyes 👀|eye 👁️|ear 👂|speech_balloon 💬|left_speech_bubble 🗨️|thought_balloon 💭|speaking_head_in_silhouette 🗣️|bust_in_silhouette 👤|busts_in_silhouette 👥|teacher 🧑‍🏫|male-teacher 👨‍🏫|female-teacher 👩‍🏫|student 🧑‍🎓|mortar_board 🎓|school 🏫|technologist 🧑‍💻|robot_face 🤖|baby 👶|child 🧒
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|clap 👏|wave 👋|pray 🙏|muscle 💪|ok_hand 👌|raised_hands 🙌|raising_hand 🙋|point_right 👉|point_left 👈|point_up 👆|point_down 👇|handshake 🤝|hand ✋|raised_hand ✋|v ✌️|writing_hand ✍️
smile 😄|smiley 😃|grinning 😀|slightly_smiling_face 🙂|joy 😂|blush 😊|wink 😉|heart_eyes 😍|thinking_face 🤔|neutral_face 😐|confused 😕|slightly_frowning_face 🙁|worried 😟|cry 😢|sob 😭|angry 😠|rage 😡|scream 😱|sweat_smile 😅|relieved 😌|sleeping 😴|sunglasses 😎|nerd_face 🤓|face_with_monocle 🧐|shrug 🤷|facepalm 🤦|skull 💀
tada 🎉|sparkles ✨|star ⭐|star2 🌟|fire 🔥|boom 💥|zap ⚡|rocket 🚀|trophy 🏆|medal 🏅|gift 🎁|balloon 🎈|heart ❤️|green_heart 💚|blue_heart 💙|yellow_heart 💛|purple_heart 💜|broken_heart 💔|100 💯|crown 👑|gem 💎|bulb 💡|dart 🎯|checkered_flag 🏁|triangular_flag_on_post 🚩|construction 🚧|house 🏠|office 🏢|earth_asia 🌏|earth_africa 🌍|earth_americas 🌎|cn 🇨🇳|us 🇺🇸|sg 🇸🇬
arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrow_heading_up ⤴️|arrows_counterclockwise 🔄|repeat 🔁|leftwards_arrow_with_hook ↩️|arrow_forward ▶️|double_vertical_bar ⏸️|pause_button ⏸️|black_square_for_stop ⏹️|fast_forward ⏩|heavy_plus_sign ➕|heavy_minus_sign ➖|heavy_multiplication_x ✖️|recycle ♻️|wavy_dash 〰️|hash #️⃣|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟|zero 0️⃣
sunny ☀️|cloud ☁️|rain_cloud 🌧️|umbrella ☔|snowflake ❄️|ocean 🌊|rainbow 🌈|seedling 🌱|evergreen_tree 🌲|four_leaf_clover 🍀|coffee ☕|beer 🍺|pizza 🍕|cake 🍰|cat 🐱|dog 🐶|bug 🐛|turtle 🐢|snail 🐌|rabbit2 🐇|hatching_chick 🐣|owl 🦉`;

const TABLE = new Map(LIST.split(/[|\n]/).map((pair) => {
  const at = pair.lastIndexOf(" ");
  return [pair.slice(0, at), pair.slice(at + 1)];
}));

/** The character of a shortcode (without colons), or null. */
export const emojiOf = (name) => TABLE.get(name.replace(/::skin-tone-\d$/, "")) || null;

// Without an emoji font, the most common emoji are drawn and the others remain shortcodes,
// instead of empty boxes.
const DISC = "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z";
const SQUARE = "M3 5a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z";
const HOURGLASS = "M5 2.5h10M5 17.5h10M6 2.5c0 4 3 5 4 7.5 1-2.5 4-3.5 4-7.5M6 17.5c0-4 3-5 4-7.5 1 2.5 4 3.5 4 7.5";
const COLOURS = { red: "#dd2e44", orange: "#f4900c", yellow: "#e8b923", green: "#3aa655", blue: "#3b88d6", purple: "#9266cc" };
const DRAWN = {
  white_check_mark: [SQUARE, COLOURS.green, "m6 10.5 2.8 2.8L14.5 7"], heavy_check_mark: [null, null, "m4 10.5 4 4 8-9", COLOURS.green],
  x: [null, null, "m5 5 10 10M15 5 5 15", COLOURS.red], warning: ["M10 2 19 17.5H1z", COLOURS.yellow, "M10 7.5v5M10 15h.01", "#3a2a00"],
  rotating_light: ["M4 17v-2h12v2zM5.5 14V9a4.5 4.5 0 0 1 9 0v5z", COLOURS.red, "M10 1v1.5M3 4l1 1M17 4l-1 1", COLOURS.red],
  mag: [null, null, "M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4.5 4.5", COLOURS.blue],
  grey_question: [null, null, "M6.5 7a3.5 3.5 0 1 1 5 3.2c-1.1.6-1.5 1.2-1.5 2.3M10 16.5h.01", "#868686"],
  information_source: [SQUARE, COLOURS.blue, "M10 9v5M10 6h.01"], no_entry: [DISC, COLOURS.red, "M6 10h8"],
  white_circle: ["M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "#fff", "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "#868686"],
  hourglass: [null, null, HOURGLASS, COLOURS.orange], hourglass_flowing_sand: [null, null, HOURGLASS, COLOURS.orange],
};

let fontKnown = null;

/** Whether this machine's fonts have a recent emoji. */
function hasEmojiFont() {
  if (fontKnown !== null) return fontKnown;
  const paint = (text) => {
    const pen = Object.assign(document.createElement("canvas"), { width: 24, height: 24 }).getContext("2d", { willReadFrequently: true });
    pen.textBaseline = "top";
    pen.font = "18px sans-serif";
    pen.fillText(text, 0, 0);
    return pen.getImageData(0, 0, 24, 24).data;
  };
  // a colour font paints in colour; a box is black
  const pixels = paint("\u{1F7E2}");
  fontKnown = pixels.some((value, at) => at % 4 === 1 && value > pixels[at - 1] + 40);
  return fontKnown;
}

/** A drawn emoji, or the shortcode, where the font has none; null where the font has it. */
export function emojiPicture(name) {
  if (hasEmojiFont()) return null;
  const round = /^(?:large_)?(red|orange|yellow|green|blue|purple)_(circle|square)$/.exec(name);
  const drawn = round ? [round[2] === "circle" ? DISC : SQUARE, COLOURS[round[1]]] : DRAWN[name];
  if (!drawn) return h("span", { class: "emoji-code", role: "img", "aria-label": name.replace(/_/g, " ") }, `:${name}:`);
  const [shape, fill, line, stroke] = drawn;
  return s("svg", { viewBox: "0 0 20 20", class: "emoji-sign", role: "img", "aria-label": name.replace(/_/g, " ") },
    shape && s("path", { d: shape, fill }), line && s("path", { d: line, fill: "none", stroke: stroke || "#fff", "stroke-width": "2.2", "stroke-linecap": "round", "stroke-linejoin": "round" }));
}

// characters that text fonts have too (arrows, ticks) remain text
const PICTURES = [...TABLE].filter(([name, char]) => /\p{Emoji_Presentation}/u.test(char) || name in DRAWN).reverse();
const NAMES = new Map(PICTURES.map(([name, char]) => [char.replace(/\uFE0F$/, ""), name]));
const CHARS = new RegExp(`(${[...NAMES.keys()].sort((one, other) => other.length - one.length).join("|")})\\uFE0F?`, "u");

/** The text unchanged where a font has emoji; else a list of nodes with emoji drawn. */
export function withPictures(text) {
  if (!CHARS.test(text) || hasEmojiFont()) return [text];
  return text.split(new RegExp(CHARS.source, "gu")).map((piece, at) => at % 2 ? emojiPicture(NAMES.get(piece)) : piece);
}
