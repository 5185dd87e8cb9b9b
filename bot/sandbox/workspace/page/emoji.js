// Common :shortcodes: as the characters they stand for. An unknown one stays text.

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
