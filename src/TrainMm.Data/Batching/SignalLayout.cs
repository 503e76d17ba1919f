using TrainMm.Core.Roles;
using TrainMm.Data.Text.Instructions;

namespace TrainMm.Data.Batching;

/// <summary>What a run wants of the media of one modality that are to be made.</summary>
/// <param name="Captions">Brings a caption to the generator's ids; shorter ones are padded to its longest.</param>
/// <param name="Target">How the media themselves are prepared; null where the run does not need them.</param>
public sealed record SignalLayout(MediumInstructions Captions, MediaSpec? Target)
{
    /// <summary>Whether the run cannot do without the rows' captions.</summary>
    public bool NeedsCaptions { get; init; }

    /// <summary>A caption's ids, as many as the generator reads.</summary>
    public IEnumerable<long> IdsOf(string caption)
    {
        var ids = Captions.Encode(caption);
        return Enumerable.Range(0, Captions.MaxTokens).Select(t => t < ids.Length ? (long)ids[t] : Captions.PaddingId);
    }
}
