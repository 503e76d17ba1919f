using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data;
using TrainMm.Data.Batching;
using TrainMm.Data.Manifests;
using TrainMm.Data.Text;
using TrainMm.Tests.Data.Media;

namespace TrainMm.Tests.Data.Batching;

/// <summary>Samples of letters and two-pixel pictures: sample i has i % 3 pictures (but the last, which has none) and a question and an answer of its own lengths.</summary>
internal sealed class LetterSource(int count) : ISampleSource
{
    private int mediaReads;

    public string Name => "letters";

    public int Count => count;

    public string Fingerprint => $"letters {count}";

    public int MediaReads => mediaReads;

    public bool IsDisposed { get; private set; }

    public Sample Read(int index)
    {
        var pictures = Enumerable.Range(0, index == count - 1 ? 0 : index % 3).Select(i => (Part)new MediumPart(new MediumReference("image", $"{index}-{i}.png")));
        return new Sample
        {
            Id = $"sample {index}",
            Origin = $"letters:{index + 1}",
            Turns =
            [
                new Turn(Speaker.User, [.. pictures, new TextPart(new string('q', 1 + (index % 4)))]),
                new Turn(Speaker.Assistant, [new TextPart(new string('a', 1 + (index % 5)))]),
            ],
        };
    }

    public byte[] ReadMedium(MediumReference medium)
    {
        Interlocked.Increment(ref mediaReads);
        if (medium.Path.StartsWith("13-", StringComparison.Ordinal)) return "no picture"u8.ToArray();
        var colour = (byte)int.Parse(medium.Path.Split('-')[0]);
        return PngWriter.WriteRgb(2, 1, (x, _) => (colour, (byte)(x * 255), (byte)(medium.Path[^5] - '0')));
    }

    public string OriginOf(MediumReference medium) => $"letters!{medium.Path}";

    public void Dispose() => IsDisposed = true;
}

/// <summary>A letter is a token; a picture takes two places; answers and an end token are supervised.</summary>
internal sealed class LetterTokenizer(int maxLength = 100) : ISampleTokenizer
{
    internal const int PlacesPerPicture = 2;

    internal static readonly IReadOnlyDictionary<string, MediumLayout> Layouts = new Dictionary<string, MediumLayout>
    {
        ["image"] = new(new ImageSpec(1, 2, ImageFit.Squash, Resampling.Bicubic, new(0, 0, 0), new(1, 1, 1)), PlacesPerPicture),
    };

    public TokenizationResult Tokenize(Sample sample)
    {
        var ids = new List<int>();
        var labels = new List<int>();
        var spans = new List<MediumSpan>();
        foreach (var (turn, part) in sample.Turns.SelectMany(turn => turn.Parts.Select(part => (turn, part))))
        {
            if (part is MediumPart)
            {
                spans.Add(new MediumSpan("image", spans.Count, ids.Count, PlacesPerPicture));
                Add(5, false, PlacesPerPicture);
            }
            else if (part is TextPart text)
            {
                foreach (var letter in text.Text) Add(letter, turn.Speaker == Speaker.Assistant, 1);
            }
        }

        Add(2, true, 1);
        if (ids.Count > maxLength) return new TokenizationResult(TokenizationOutcome.DroppedTooLong, null, ids.Count);
        return new TokenizationResult(TokenizationOutcome.Kept, new TokenizedSample([.. ids], [.. labels], spans), ids.Count);

        void Add(int id, bool supervised, int times)
        {
            for (var i = 0; i < times; i++)
            {
                ids.Add(id);
                labels.Add(supervised ? id : TokenizedSample.Ignored);
            }
        }
    }

    public TokenizedSample TokenizePrompt(Sample sample) => throw new DataException("Not asked for here.");
}
