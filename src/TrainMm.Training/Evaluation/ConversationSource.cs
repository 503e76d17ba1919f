using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Data.Manifests;

namespace TrainMm.Training.Evaluation;

/// <summary>One conversation as a data set of one sample, so that what a user asks takes the same way as what a model is trained on.</summary>
internal sealed class ConversationSource : ISampleSource
{
    private readonly List<Turn> turns = [];
    private readonly Dictionary<string, byte[]> media = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Name => "conversation";

    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public string Fingerprint => "";

    /// <summary>Adds a user's turn.</summary>
    /// <param name="text">What is asked; may be empty beside a medium.</param>
    /// <param name="attached">The media that it is about, which come first.</param>
    public void Ask(string text, IReadOnlyList<AttachedMedium> attached)
    {
        List<Part> parts = [];
        foreach (var (modality, content) in attached)
        {
            var medium = new MediumReference(modality, $"{modality} {media.Count + 1}");
            media.Add(medium.Path, content);
            parts.Add(new MediumPart(medium));
        }

        if (text.Length > 0) parts.Add(new TextPart(text));
        turns.Add(new Turn(Speaker.User, parts));
    }

    /// <summary>Adds the assistant's turn.</summary>
    public void Answer(string text) => turns.Add(new Turn(Speaker.Assistant, [new TextPart(text)]));

    /// <summary>Takes the last turn back.</summary>
    public void TakeBack() => turns.RemoveAt(turns.Count - 1);

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        turns.Clear();
        media.Clear();
    }

    /// <inheritdoc/>
    public Sample Read(int index) => new() { Id = "conversation", Origin = "the conversation", Turns = [.. turns] };

    /// <inheritdoc/>
    public byte[] ReadMedium(MediumReference medium) =>
        media.TryGetValue(medium.Path, out var bytes) ? bytes : throw new DataException($"There is no {medium.Path}.", "the conversation");

    /// <inheritdoc/>
    public string OriginOf(MediumReference medium) => medium.Path;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
