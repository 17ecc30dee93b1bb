"""The letters of languages by how often they are used: what a text in the right encoding consists of."""

from __future__ import annotations

LETTERS = """
    éàèêçôîûâùïœëü üäöß óíáéñúü ãáçéíóêõâúàô àèéóíçòïúü àèùòéì äåöé æøåé éëïèóöü
    łęóążśćńź íáéěřčžýšůúťďňó áíčéžýšľúťôňäďóŕĺ áéöóőüíúű ăîţșâşț čšžćđ ıüşğçöiâî ėšųžąįčūę āīēšūņļžķģč
    đươêôâăàá\u0301\u0300\u0323\u0309\u0303
    оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё оаинвіетрскулдмпязьбгчйхжшїюцщєфґ аиоентрсвлкдпмзягбуъчжцщхшфйюь
    аиоенрстувдклмјпгзбчшцњжхљћђфџ аоиетнрсвдклпмузјгбчшцжќфњљѓхџѕ анірсоетківлудпмыязбгўьчйхжшцюэфё
    αοιετσνηυρπκμλςωίγέόδάθχήφύβξώζψϊΐΰϋ יוהלאתרבמשנדחפקעםטכןגסזצףךץְִָּׁ
    اليمونرتبةعدسفهكقأحجشطصىخإذضثزئغءظؤآـپچژگکہےںھَُِّ
    านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถณศญษธภฟฉฐฆฎฏฑฒฌฬฮั่้ี์ิืุู็ำ
""".split()
"""The letters beyond ASCII of languages that many write, the most frequent first."""

LESSER = "áíðéóöþúæý ðáíøúóýæ ëç áčšđžŋŧ ŵâôêîûŷ äõüöšž ŭĉĝŝĵĥ ħżġċà".split()
"""Those of languages that few write: Icelandic, Faroese, Albanian, Sami, Welsh, Estonian, Esperanto, Maltese."""

VOWELS = frozenset("aeiouyäöüàâæéèêëîïôœùûáíóúãõìòåøőűıėįųāēīūąęěůýăİ")
BESIDE_VOWELS = frozenset("œæãõëï")
"""Vowels that stand beside others."""

LAST_LETTERS = frozenset("ךםןףץ")
"""Letters of Hebrew that end words."""

KANA = frozenset(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30FD))))
FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多"
    "经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新這個們來為國說時會對於著過發後裡種經麼學現當"
    "沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產。，、；：「」！？"
    "日本人大年会国出中上生月分行東京名前住所市区町県新店式社株番号語学見入目金自高"
    "北海称网址公司城电话邮臺灣稱網電話"
)
"""The most frequent characters of Chinese and of Japanese, with those of addresses."""

SYLLABLES = frozenset(
    "이다는에을의가를고하지도로은서한사기리나인어자해시수대제일정부전보아스라주구만장그관상원있들과여동안"
    "성공유무소산경용연름울업국비조식신중미학회화개내위당오강모영선남김박최"
)
"""The most frequent syllables of Korean, with those of names."""
