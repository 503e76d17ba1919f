using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>The newest pairs that went by, as candidates beside a batch's own (ALBEF, arXiv:2107.07651, section 3.2, after MoCo, arXiv:1911.05722). All of it is buffers, so that a checkpoint has it.</summary>
public sealed class FeatureQueue : NamedModule
{
    private readonly Tensor images;
    private readonly Tensor texts;
    private readonly Tensor taken;

    /// <summary>Begins empty.</summary>
    /// <param name="capacity">K, the pairs that it holds; may be 0.</param>
    /// <param name="queries">Q.</param>
    /// <param name="width">E.</param>
    /// <param name="device">Where it lies.</param>
    public FeatureQueue(long capacity, long queries, long width, Device device)
        : base(nameof(FeatureQueue))
    {
        Capacity = capacity;
        register_buffer("images", images = zeros([capacity, queries, width], ScalarType.Float32, device));
        register_buffer("texts", texts = zeros([capacity, width], ScalarType.Float32, device));
        register_buffer("taken", taken = zeros([1], ScalarType.Int64, device));
    }

    /// <summary>K.</summary>
    public long Capacity { get; }

    /// <summary>[K', Q, E] float32, K' the pairs that it has.</summary>
    public Tensor Images => images.narrow(0, 0, Count);

    /// <summary>[K', E] float32.</summary>
    public Tensor Texts => texts.narrow(0, 0, Count);

    private long Count => Math.Min(Capacity, taken.item<long>());

    /// <summary>Takes a batch's pairs in, for the oldest ones where there is no room.</summary>
    /// <param name="newImages">[B, Q, E].</param>
    /// <param name="newTexts">[B, E].</param>
    public void Append(Tensor newImages, Tensor newTexts)
    {
        var (rows, first) = (newTexts.shape[0], taken.item<long>());
        for (var row = 0L; Capacity > 0 && row < rows;)
        {
            var place = (first + row) % Capacity;
            var count = Math.Min(rows - row, Capacity - place);
            images.narrow(0, place, count).copy_(newImages.narrow(0, row, count));
            texts.narrow(0, place, count).copy_(newTexts.narrow(0, row, count));
            row += count;
        }

        taken.add_(rows);
    }
}
