"""Holds the letters and words that tell languages apart, for telling a text's encoding from its bytes.

Letters stand in order of how often they come; only the order counts. Languages of the Latin script list the letters
beyond ASCII alone.
"""

from typing import NamedTuple


class Language(NamedTuple):
    """What is frequent in a language."""

    letters: str  # lower case, the most frequent first
    words: str = ""  # frequent words, mostly function words
    plane: str = ""  # "gb2312", "big5", "euc_jp" or "euc_kr": the standard that has the frequent characters first


LANGUAGES = {
    "English": Language("éï", "the of and to in is that it was he for on with i you know not be this"),
    "French": Language(
        "éèàêçùâîôûëïœæ", "le la les de des et un une que qui dans est pour pas il elle ce je du à été où même très"
    ),
    "German": Language(
        "üäöß", "der die das und in ist nicht ein eine den von zu mit sich auf war er sie es ich für über auch"
    ),
    "Dutch": Language("ëéïèöü", "de het een van en in is dat niet op te zijn ik die met"),
    "Spanish": Language(
        "íóáéñúü¿¡", "el la de que y en los las un una por con no se su es lo del más está qué también"
    ),
    "Portuguese": Language("ãáçéêíóúâõôà", "o a de que e do da em um uma os as no na se por mais com não é à está"),
    "Italian": Language("èàùòéì", "il la di che e un una in per non si del con le sono della ma è più perché"),
    "Swedish": Language("äåöé", "och att det som en de av den med var inte han jag ett till är på för så från här där"),
    "Danish": Language("øåæéö", "og i det er en til at de med som han ikke jeg den av af for på var så også når være"),
    "Finnish": Language("äöå", "ja on ei se oli mutta kun niin joka ovat kuin hän että hän mitä"),
    "Icelandic": Language("íáðóéúþöæý", "og er sem ekki um til var hann en af á í það við"),
    "Polish": Language("łęąóżśćńź", "i w na nie z do to jest jak po co o ale od tak się że są już być"),
    "Czech": Language("íáéěřčýžšůúťďóň", "a je se na v to s z do jsem by ale o jako tak že jsem když být už"),
    "Slovak": Language("áíéýúčžšľťôňóäďĺŕ", "a je sa na v to s z do som by ale o ako tak že keď byť už"),
    "Hungarian": Language("áéőöóíüúű", "a az hogy nem is egy volt de meg csak el és már még"),
    "Romanian": Language("ăîâșțşţ", "de la a cu nu este pe un o ce din care sau mai în şi să că"),
    "Croatian": Language("čšžćđ", "i je u na se da su za od nije sam bio kao ali in v so z što još će"),
    "Turkish": Language("ışüğçöâîû", "bir ve bu da de ne o daha kadar ama her ben var gibi için çok değil"),
    "Lithuanian": Language("ėšųžįąčęū", "ir kad su yra bet tai jis kaip o i"),
    "Latvian": Language("āīēšņžūļģķč", "un ir ka no par ar uz bet es to"),
    "Estonian": Language("äõüöšž", "ja on ei see oli ta et kui aga mis"),
    "Russian": Language(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "и в не на я что он с как это по но она а мы вы из у за от было мир привет"
    ),
    "Ukrainian": Language(
        "оаинтвіреслкмудпзяьбгйчхїцжєюшщфґ",
        "і в не на я що він з як це та й до вона а ми ви із у за від було світ привіт",
    ),
    "Bulgarian": Language(
        "аиоетнрсвлдкмпзъбугщчяцжхйшьюф", "и в не на да се аз че той с като това по но тя а ние от за беше свят"
    ),
    "Serbian": Language(
        "аиоејнсрутвдкмлпзгбчшжћцђхљњфџ", "и у не на ја да је се он са као то по али она а ми из за од било"
    ),
    "Greek": Language(
        "αοιετσνηυρπκμλςωίγδάόθέφχβήξύζώψϊϋΐΰ", "και το να η ο του της τα με για από δεν είναι στο μου θα τον την"
    ),
    "Hebrew": Language("יוהלאתמרבשנםדעחפקכגןצטסזךףץְִֵַָּ", "של את על לא זה הוא היא אני עם כי גם מה יש"),
    "Arabic": Language("اليمنتورةبعدسهفكأحقجىشصطخضإزذثغءئظآؤ،؟", "في من على أن إلى هذا لا ما كان عن هو مع"),
    "Persian": Language("اینردهمتوبشسکزلگخفعقپآجچحصطغذضژظثء،؟", "در از به که را این با است آن برای"),
    "Thai": Language("านรก่อเ้งมย็ลวดทัสตะปิบคีหแจพืชุขใูไโผซำึ์ถณญศธฟๆฉษฐฯฎภ"),
    "Chinese": Language(
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
        "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
        "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体美相见被什二等或新己身果加西月话合"
        "回特代内信表化老给世位次度门常先海通教儿东声提及比员解水名真论处走义各入几口认条平气题更别打女变四神总何少才结"
        "反受目太量再感做接必场件便空非听白却光放像难且思完色路记住告求边北死该交万望觉师今切让带书早晚早雨树花鸟河山",
        plane="gb2312",
    ),
    "Chinese, traditional": Language(
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然"
        "家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把"
        "機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體美相見被什二等或新己身果加西月話合"
        "回特代內信表化老給世位次度門常先海通教兒東聲提及比員解水名真論處走義各入幾口認條平氣題更別打女變四神總何少才結"
        "反受目太量再感做接必場件便空非聽白卻光放像難且思完色路記住告求邊北死該交萬望覺師今切讓帶書早晚雨樹花鳥河山",
        plane="big5",
    ),
    "Japanese": Language(
        "のいるにはをたとがしてでんなかっらりこれすさもあきくえうまそけどおよめみつせじばわだちやろほへねぶびべむぐげごひふ"
        "ずぎょゆゃゅぼぞぽぱンスルートイアリラックシドロカテレサマコナジフムバプタメオパ"
        "日一人年大国本中出会時行見月分後前生間上東今金来入立手下子自思事者地方言場合気私彼女何家話小学校先水心目口山川名"
        "長高新社明知力物実度内外動同定回部全体食開使作安教書車持電的聞道理用取最僕待",
        plane="euc_jp",
    ),
    "Korean": Language(
        "이다는의에가을고하지로도한은기사를대아서인리나시어자일그들있정수으해것라전부만상과니보여제동게구장면원소주조스세신비"
        "모적했음성었우말없던때더오야와생각안무관공국마러내려며진중선않위되할터방물경문계학실개치유명화미분연요번트레간년심회"
        "단산발당민입속저반청행날까된받습및네알줄큰집살떤운금남든데파체양바책람늘강꽃비봄밤길",
        plane="euc_kr",
    ),
}
