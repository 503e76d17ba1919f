using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion;

/// <summary>A learned embedding that stands in the text where a medium is, for fusions that keep the medium's features outside the text (Flamingo's <c>&lt;image&gt;</c>): one place a medium.</summary>
internal sealed class MediaToken : NamedModule
{
    /// <summary>The token's name among a fusion's parameters.</summary>
    public const string Name = "media_token";

    private readonly TokenEmbedding table;

    /// <summary>Makes the token in its place.</summary>
    /// <param name="width">The width of the language model's embeddings.</param>
    /// <param name="scope">The fusion's root.</param>
    public MediaToken(int width, ModuleScope scope)
        : base(nameof(MediaToken))
    {
        table = new TokenEmbedding(1, width, scope.Child(Name));
        Add("weight", table.Weight);
    }

    /// <summary>[B, T, D] → [B, T, D], the token at each medium's place.</summary>
    public Tensor Place(Tensor embeddings, Batch batch)
    {
        var shape = embeddings.shape;
        var flat = embeddings.reshape(-1, shape[2]);                                                  // [B·T, D]
        foreach (var media in batch.Media.Values)
        {
            var token = table.Weight.CastTo(flat.dtype).expand(media.Places.shape[0], shape[2]);      // [I, D]
            flat = flat.index_copy(0, media.Places, token);                                           // [B·T, D]
        }

        return flat.view(shape);                                                                      // [B, T, D]
    }
}
