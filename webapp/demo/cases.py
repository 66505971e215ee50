"""The invented people of the demo practice, as their clinicians would have written them up.

Numbers are from ranges that no telephone company gives out; addresses end in example.org.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

By = Literal["gp", "physio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A visit that was held, with the note that was signed after it."""

    days_ago: int
    reason: str
    note: str
    by: By = "gp"

    @property
    def text(self) -> str:
        """The note, its paragraphs on one line each."""
        return unwrapped(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A patient. `lines`: (kind, text, detail) of the chart as it stands today."""

    name: str
    birth_date: date
    sex: str
    phone: str
    by: By = "gp"
    shared: bool = False  # with the other clinician too
    language: str = "en"
    address: str = ""
    lines: tuple[tuple[str, str, str], ...] = ()
    history: tuple[Past, ...] = ()


def unwrapped(note: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in note.split("\n\n"))


STAFF = {
    "gp": ("Dr Helen Marsh", "helen.marsh@example.org", ("administrator", "clinician")),
    "physio": ("Marco Bianchi", "marco.bianchi@example.org", ("clinician",)),
    "desk": ("Lucy Webb", "lucy.webb@example.org", ("assistant",)),
}

MARGARET = Case(
    name="Margaret Doyle",
    birth_date=date(1948, 5, 2),
    sex="female",
    phone="07700 900118",
    address="4 Orchard Row",
    lines=(
        ("problem", "Hypertension", "since 2009; home readings"),
        ("problem", "Type 2 diabetes", "since 2014; no retinopathy at last screening"),
        ("problem", "Osteoarthritis, right knee", "since 2018"),
        ("allergy", "Penicillin", "widespread rash, 1996"),
        ("medicine", "Ramipril 5 mg", "1 capsule in the morning"),
        ("medicine", "Metformin 500 mg", "1 tablet twice a day with food"),
        ("medicine", "Paracetamol 500 mg", "2 tablets up to 4 times a day when the knee hurts"),
    ),
    history=(
        Past(
            days_ago=74,
            reason="Blood pressure review",
            note="""Reason: blood pressure review, 12 home readings sent in.

History: feels well. No headache, chest pain, breathlessness or dizziness on standing. Takes ramipril 2.5 mg and
metformin every day. No new medicines, no anti-inflammatories for the knee.

Findings: home readings over 6 days, morning and evening, mean 148/86, pulse 72 regular. By video: well, no
breathlessness, no ankle swelling when she shows both legs.

Assessment: hypertension above the agreed target on ramipril 2.5 mg.

Plan: ramipril up to 5 mg in the morning. Kidney function and potassium in two weeks at the practice. Home readings
for one week before the next visit. To call if dizzy, if lips or face swell, or with a lasting dry cough.""",
        ),
        Past(
            days_ago=32,
            reason="Blood results, blood pressure",
            note="""Reason: results after the change of ramipril; home readings.

History: no dizziness, no cough. Knee stiff in the mornings for about 15 minutes, walks to the shops and back.

Findings: home readings over 7 days, mean 136/80. Creatinine 78 umol/L (before: 76), potassium 4.4 mmol/L,
HbA1c 54 mmol/mol (in spring 56).

Assessment: blood pressure close to target on ramipril 5 mg, kidney function unchanged. Diabetes stable on metformin.

Plan: no change. Home readings for a week each month. Feet and urine albumin at the yearly diabetes check.
Video visit in four weeks.""",
        ),
    ),
)

JAMES = Case(
    name="James Okafor",
    birth_date=date(1986, 11, 19),
    sex="male",
    phone="07700 900342",
    lines=(
        ("problem", "Asthma", "since childhood; no admission since 2011"),
        ("problem", "Allergic rhinitis", "grass pollen"),
        ("allergy", "Ibuprofen", "wheeze within an hour, 2015"),
        ("medicine", "Budesonide 200 / formoterol 6 inhaler", "1 inhalation twice a day, and when needed"),
        ("medicine", "Cetirizine 10 mg", "1 tablet a day, May to July"),
    ),
    history=(
        Past(
            days_ago=45,
            reason="Asthma review",
            note="""Reason: yearly asthma review.

History: woken by cough once or twice a week since a cold in the early autumn. Extra inhalations about four times a
week. Does not smoke. Uses the inhaler twice a day on most days, forgets about two evenings a week. Avoids ibuprofen
and aspirin.

Findings: speaks in full sentences, no audible wheeze. Asthma Control Test 18 of 25. Inhaler technique watched by
video: breathes in too gently; shown again, done well the second time. Peak flow today 510 L/min (best 560).

Assessment: asthma, partly controlled; technique and missed doses.

Plan: same inhaler, firm and deep breath, linked to tooth brushing. Written action plan explained and sent. Influenza
vaccination offered. Review in six weeks.""",
        ),
    ),
)

LUCIA = Case(
    name="Lucía Fernández Ortega",
    birth_date=date(1991, 2, 8),
    sex="female",
    phone="07700 900577",
    language="es",
    lines=(
        ("problem", "Migraine without aura", "since 2012"),
        ("problem", "Iron deficiency", "ferritin 9 ug/L in summer"),
        ("medicine", "Sumatriptan 50 mg", "1 tablet at the onset, at most 2 in 24 hours"),
        ("medicine", "Ferrous fumarate 210 mg", "1 tablet every other day"),
        ("medicine", "Desogestrel 75 micrograms", "1 tablet a day"),
    ),
    history=(
        Past(
            days_ago=58,
            reason="Headaches, tiredness",
            note="""Reason: headaches again, tired. Consultation in Spanish.

History: four attacks a month, one side, throbbing, with nausea and dislike of light, up to a day; no visual or speech
disturbance before. No sudden or new kind of headache. Periods light and irregular on desogestrel. Diary shows short
nights before three of the four attacks. Sumatriptan helps within an hour, taken on five days a month.

Findings: by video alert, face symmetrical, speech and movements of all limbs normal. Ferritin 9 ug/L, haemoglobin
124 g/L.

Assessment: migraine without aura, known pattern. Iron deficiency without anaemia.

Plan: sumatriptan as before, early in the attack. Ferrous fumarate every other day for three months, then ferritin.
Headache diary. At once to emergency care with a sudden worst headache, weakness, confusion, or fever with stiff
neck.""",
        ),
    ),
)

ANTONIO = Case(
    name="Antonio Vidal Serra",
    birth_date=date(1957, 9, 30),
    sex="male",
    phone="07700 900613",
    language="es",
    lines=(
        ("problem", "COPD", "FEV1 58 % of predicted, 2024"),
        ("problem", "Former smoker", "40 pack years, stopped in 2019"),
        ("allergy", "Co-trimoxazole", "itching rash, 2008"),
        ("medicine", "Tiotropium 2.5 / olodaterol 2.5 micrograms inhaler", "2 puffs once a day"),
        ("medicine", "Salbutamol 100 micrograms inhaler", "2 puffs when breathless"),
    ),
    history=(
        Past(
            days_ago=21,
            reason="Cough and phlegm",
            note="""Reason: more cough and yellow phlegm for four days. Consultation in Spanish, his daughter present.

History: breathless on the second flight of stairs as before. No fever, no chest pain, no blood. Salbutamol three
times a day instead of once.

Findings: speaks in full sentences, no use of neck muscles. His own oximeter 94 % (usual 94 to 95), pulse 84,
temperature 36.9. Breathing rate 18, counted over a minute.

Assessment: COPD with more phlegm and cough for four days, no breathlessness beyond the usual.

Plan: salbutamol 2 puffs up to four times a day for a week, inhaler technique seen and good. Phone call on day 3. To
call the same day with more breathlessness, fever or an oximeter below 92 %; emergency number if he cannot finish a
sentence.""",
        ),
    ),
)

GRACE = Case(
    name="Grace Lindqvist",
    birth_date=date(1979, 7, 14),
    sex="female",
    phone="07700 900726",
    by="physio",
    lines=(
        (
            "problem",
            "Rotator cuff related shoulder pain, right",
            "since spring; right-handed, paints ceilings",
        ),
        ("medicine", "Paracetamol 500 mg", "2 tablets when needed, at most 8 a day"),
    ),
    history=(
        Past(
            days_ago=38,
            reason="Right shoulder, first visit",
            by="physio",
            note="""Reason: pain at the outer right shoulder for five months, worse with work overhead and lying on it.

History: no injury, no numbness, neck free. Pain 6 of 10 at work, 2 at rest, wakes her twice a night.

Findings by video: lifts the arm to 180 degrees with pain between 80 and 120; outward rotation against her other hand
painful, strength kept. Hand behind the back to the belt. Neck movements free and painless.

Assessment: painful arc with strength kept; fits the shoulder pain named in the chart.

Plan: outward rotation with a band 3 x 12, wall slides 3 x 10, each second day; pain up to 4 of 10 is all right if it
is gone the next morning. Work below shoulder height for two weeks where she can. Again in two weeks.""",
        ),
        Past(
            days_ago=24,
            reason="Right shoulder, second visit",
            by="physio",
            note="""Reason: right shoulder, second visit.

History: sleeps through on most nights. Exercises done on 6 of 7 planned days. Pain 4 of 10 at work.

Findings by video: lifting to 180 degrees with slight pain from 90 to 110. Band exercise done well, elbow held close.

Plan: next stronger band, 3 x 10. Lifting to shoulder height with 1 kg, 3 x 8, slowly down. Again in three weeks.""",
        ),
    ),
)

TOMASZ = Case(
    name="Tomasz Zielinski",
    birth_date=date(2001, 4, 27),
    sex="male",
    phone="07700 900805",
    by="physio",
    lines=(
        ("problem", "ACL reconstruction, left knee", "hamstring graft, fourth month after surgery"),
        ("allergy", "Latex", "contact rash; bands without latex"),
    ),
    history=(
        Past(
            days_ago=16,
            reason="Left knee, month three",
            by="physio",
            note="""Reason: left knee, three months after reconstruction of the anterior cruciate ligament.

History: no giving way, no locking. A little swelling after long days, gone the next morning.

Findings by video: full extension, bends to 130 degrees (right 140). Single-leg squat to 45 degrees, knee steady, less
deep than the right. 10 of 10 calf raises on the left.

Plan: single-leg squats to a chair 3 x 8, step downs from 20 cm 3 x 10, bands without latex. No running, no turning
sports before the surgeon's check next month. Again in two weeks.""",
        ),
    ),
)

RUTH = Case(
    name="Ruth Abel",
    birth_date=date(1963, 12, 5),
    sex="female",
    phone="07700 900951",
    lines=(
        ("problem", "Hypothyroidism", "after Hashimoto's thyroiditis, since 2006"),
        ("allergy", "Sticking plaster", "contact dermatitis"),
        (
            "medicine",
            "Levothyroxine 100 micrograms",
            "1 tablet before breakfast, apart from calcium and iron",
        ),
    ),
    history=(
        Past(
            days_ago=180,
            reason="Thyroid, yearly review",
            note="""Reason: yearly thyroid review.

History: well, weight steady, no palpitations, no change of tolerance to cold. Takes levothyroxine 100 micrograms
before breakfast, calcium in the evening.

Findings: TSH 2.1 mU/L, free T4 15 pmol/L.

Assessment: hypothyroidism, well replaced.

Plan: same dose. TSH in a year, earlier with a change of weight, pulse or energy.""",
        ),
    ),
)

PETER = Case(
    name="Peter Hargreaves",
    birth_date=date(1971, 8, 21),
    sex="male",
    phone="07700 900264",
    shared=True,
    lines=(
        ("problem", "Gout", "last attack two years ago"),
        ("problem", "Raised cholesterol", "primary prevention"),
        ("problem", "Low back pain without leg pain", "since autumn; drives a delivery van"),
        ("medicine", "Allopurinol 300 mg", "1 tablet a day"),
        ("medicine", "Atorvastatin 20 mg", "1 tablet in the evening"),
    ),
    history=(
        Past(
            days_ago=29,
            reason="Low back pain",
            note="""Reason: low back pain for three weeks.

History: began after lifting a parcel. No pain below the buttock, no numbness, no weakness, passes water and stool as
usual, no fever, no weight loss, no cancer in the past. Pain 5 of 10, worse after driving, better walking.

Findings by video: bends forward until his fingers reach mid shin, walks on heels and toes without trouble, feeling in
the saddle area normal by his account.

Assessment: low back pain without signs of nerve involvement. No warning signs today.

Plan: stay active, short breaks from driving each hour, paracetamol if needed. Physiotherapy with Marco Bianchi. At
once to emergency care with numbness between the legs, trouble passing water, or weakness of a foot.""",
        ),
        Past(
            days_ago=9,
            reason="Low back, first visit",
            by="physio",
            note="""Reason: low back pain, sent by Dr Marsh.

History: pain 3 of 10, 5 after a full day of driving. Walks half an hour a day.

Findings by video: bends forward to the ankles, backwards limited by stiffness; sits down and stands up 5 times in
11 seconds. No pain below the buttock with any movement.

Plan: pelvic tilts and bird-dog 2 x 10 a day, hip hinge practised with a broomstick for lifting, seat and mirror
adjusted together on camera. Again in two weeks.""",
        ),
    ),
)

CASES = (MARGARET, JAMES, LUCIA, ANTONIO, GRACE, TOMASZ, RUTH, PETER)

DRAFT = unwrapped("""Reason: tired, weight up 2 kg.

History: since late summer tired, sleeps 8 hours. Takes levothyroxine before breakfast; began an iron tablet from the
pharmacy in September, taken together with it.

Findings: pulse 64 on her own blood pressure device, 124/78. No swelling of the neck that she can see or feel.

Plan:""")
